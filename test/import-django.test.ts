import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { createPasswordLink } from '../src/identity/access/password-link.js'
import { Group } from '../src/identity/groups/group.js'
import { OneTimeLink } from '../src/identity/sign-in/one-time-link.js'
import { Token } from '../src/identity/tokens/token.js'
import { Membership, User } from '../src/identity/users/user.js'
import { takesImportedValues } from '../src/platform/database/epoch.js'
import { Employee } from '../src/resources/employees/employee.js'
import { command } from './command.js'
import { freshDatabase, onPostgres } from './databases.js'
import { DJANGO, loadDump, TRUTH, type TrueUser } from './django.js'
import { expectWithin, latchkey } from './process.js'
import { sql } from './sql.js'
import { anonymous, clientWithValue, cookieFor, makeUser, raw, superuserClient, TESTER } from './support.js'

const SKIPPED = ['--skip-conflicts', '--json']

/** Cheap to check: no hash of these takes more than a tenth of a second. */
const SAMPLE = ['vasanti', 'wim', 'xochitl', 'Ravi Kumar', "o'neill", 'josé.r', 'leocadia']

const brought = ({ outcome }: TrueUser) => outcome !== 'conflict'

describe('latchkey import django', function () {
  this.timeout(120_000)

  let folder: string
  const at = (name: string) => join(folder, name)

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-django-'))
  })

  afterEach(() => rm(folder, { recursive: true, force: true }))

  const importOf = async (source: string, args: string[] = SKIPPED, input = '') => {
    const { code, stdout, stderr } = await command(['import', 'django', ...args, source], input)
    expect(stderr).to.equal('')
    return { code, report: args.includes('--json') ? JSON.parse(stdout) : stdout }
  }

  const requireTokens = async (users: TrueUser[]) => {
    await expectWithin(3000, takesImportedValues)
    for (const { username, token, token_works: works, knox = [] } of users) {
      const values = [...(token ? [{ value: token, works }] : []), ...knox]
      for (const { value, works: good } of values) {
        const { status } = await clientWithValue(value).get('/api/emp_viewset')
        expect(status, username).to.equal(good ? 200 : 401)
      }
    }
  }

  const requireSignIn = async ({ username, password, sign_in, token }: TrueUser) => {
    const { status, body } = await anonymous().post('/gettoken/').send({ username, password })
    expect(status, username).to.equal(sign_in ? 200 : 400)
    if (sign_in && token) expect(body.token, username).to.equal(token)
  }

  const sources: Record<string, () => Promise<{ source: string; input?: string }>> = {
    'a SQLite file': async () => ({ source: `${DJANGO}/django.sqlite3` }),
    'a dump': async () => ({ source: `${DJANGO}/dumpdata.json` }),
    'a dump without keys': async () => ({ source: `${DJANGO}/dumpdata-natural.json` }),
    'a pipe of JSON Lines': async () => ({ source: '-', input: await readFile(`${DJANGO}/dumpdata.jsonl`, 'utf8') }),
    'a dump that a shell of Windows wrote': async () => {
      await writeFile(at('dump.json'), `\ufeff${await readFile(`${DJANGO}/dumpdata.json`, 'utf8')}`, 'utf16le')
      return { source: at('dump.json') }
    },
  }

  const requireAll = async (source: string, input?: string) => {
    const { code, report } = await importOf(source, SKIPPED, input)
    expect(code).to.equal(0)
    expect(report.came).to.include({ users: 44, passwords: 39, account_tokens: 40, personal_tokens: 6, groups: 5 })
    await requireTokens(TRUTH.users.filter(brought))
    await requireTokens(TRUTH.users.filter((user) => !brought(user)).map((user) => ({ ...user, token_works: false })))
    for (const user of TRUTH.users.filter(({ username }) => SAMPLE.includes(username))) await requireSignIn(user)
    for (const { username, is_active, is_staff, is_superuser, groups } of TRUTH.users.filter(brought)) {
      const user = await User.findOne({ where: { username: username.normalize('NFC').trim() }, include: 'groups' })
      expect([user!.isActive, user!.isStaff, user!.isSuperuser], username).to.deep.equal([
        is_active,
        is_staff,
        is_superuser,
      ])
      const names = user!.groups!.map(({ name }) => (name === 'everyone (django)' ? 'everyone' : name))
      expect(names, username).to.have.members(groups)
    }
  }

  for (const [title, source] of Object.entries(sources))
    it(`brings users, rights, groups and tokens from ${title}`, async () => {
      const { source: name, input } = await source()
      await requireAll(name, input)
    })

  onPostgres('from PostgreSQL', () => {
    it('brings the same by its URL, which may come from the environment', async () => {
      const { env, remove } = await freshDatabase()
      try {
        const url = env.DATABASE_URL.replace(/\/[^/]+$/, '/template1')
        const name = `django_${process.pid}`
        await sql(url, `CREATE DATABASE ${name}`)
        const source = url.replace('template1', name)
        await loadDump(source, `${DJANGO}/django.sql`)
        await requireAll(source)
      } finally {
        await remove()
      }
    })
  })

  it('lets everybody sign in with the password of Django, and refuses another one', async () => {
    await importOf(`${DJANGO}/dumpdata.jsonl`)
    for (const user of TRUTH.users.filter(brought))
      if (user.sign_in !== null && user.password !== null) await requireSignIn(user)
    for (const { username, password } of TRUTH.users.filter(({ username }) => SAMPLE.slice(0, 3).includes(username)))
      await requireSignIn({ username, password: `${password}x`, sign_in: false } as TrueUser)
  })

  for (const file of ['custom-user.sqlite3', 'custom-dumpdata.json'])
    it(`finds a custom user model, whose names are email addresses, in ${file}`, async () => {
      const { report } = await importOf(`${DJANGO}/${file}`)
      expect(report.came).to.include({ users: 7, passwords: 6, account_tokens: 6, personal_tokens: 1 })
      expect(JSON.stringify(report)).not.to.include('example.com')
      const users = TRUTH.custom.users.filter((user) => brought(user) && user.username.length <= 150)
      await requireTokens(users)
      await requireSignIn(users.find(({ username }) => username.includes("o'hara"))!)
      expect(await User.max('id')).to.be.below(2 ** 31)
    })

  it('keeps ids where there never was a user, and gives the next ones after them', async () => {
    const database = await freshDatabase()
    try {
      const { env } = database
      await latchkey(['import', 'django', `${DJANGO}/custom-user.sqlite3`, '--skip-conflicts'], env)
      const made = await latchkey(['user', 'create', 'later', '--no-password', '--json'], env)
      const rows = await sql(env.DATABASE_URL, 'SELECT id FROM users ORDER BY id')
      expect(rows.map(({ id }) => id)).to.deep.equal([1, 2, 6, 7, 8, 9, 10, 11])
      expect(JSON.parse(made.stdout).id).to.equal(11)
    } finally {
      await database.remove()
    }
  })

  it('writes nothing where names conflict, lists them, and is refused', async () => {
    const { code, report } = await importOf(`${DJANGO}/django.sqlite3`, ['--json'])
    expect([code, report.outcome, await User.count()]).to.deep.equal([1, 'refused', 0])
    expect(report.conflicts[0].labels.map((label: string) => label.split(' ')[0])).to.deep.equal(['25', '26', '27'])
  })

  it('reports an existing user as a conflict, whoever it is', async () => {
    const here = await makeUser({ username: 'GOPAL' })
    const { report } = await importOf(`${DJANGO}/django.sqlite3`)
    expect(report.conflicts.map(({ reason }: { reason: string }) => reason)).to.include('somebody has this name here')
    expect(await Token.count({ where: { userId: here.id } })).to.equal(0)
  })

  it('tells in a dry run what the run would tell, and writes nothing', async () => {
    const dry = await importOf(`${DJANGO}/django.sqlite3`, [...SKIPPED, '--dry-run'])
    expect([await User.count(), await Group.count(), await Event.count()]).to.deep.equal([0, 1, 0])
    const wet = await importOf(`${DJANGO}/django.sqlite3`)
    expect(dry).to.deep.equal({ ...wet, report: { ...wet.report, dry_run: true } })
  })

  it('never shows a value, a hash or an email address', async () => {
    const { report } = await importOf(`${DJANGO}/django.sqlite3`, ['--skip-conflicts', '--resource', EMPLOYEES])
    for (const { token, email, username } of TRUTH.users) {
      if (token) expect(report).not.to.include(token)
      if (email.includes('@')) expect(report).not.to.include(email)
      if (username.includes('@')) expect(report).not.to.include(username)
    }
    expect(report).not.to.match(/\$[A-Za-z0-9+/]{20}/)
  })

  it('lets an unchanged name pass a PUT, and refuses it for a new user', async () => {
    await importOf(`${DJANGO}/django.sqlite3`)
    const user = (await User.findOne({ where: { username: 'sun☀flower' } }))!
    const client = await superuserClient()
    const { body } = await client.get(`/api/users/${user.id}`)
    const { id: _, date_joined, last_login, ...profile } = body
    expect((await client.put(`/api/users/${user.id}`).send({ ...profile, is_staff: true })).status).to.equal(200)
    expect((await client.post('/api/users').send({ username: 'moon☀flower' })).status).to.equal(400)
  })

  it('gives nobody the scopes of a group that is here already', async () => {
    const group = await Group.add({ name: 'Clerks', scopes: [] }, (await import('./support.js')).TESTER)
    await importOf(`${DJANGO}/django.sqlite3`)
    expect(await Membership.count({ where: { groupId: group.id } })).to.equal(0)
    expect(await Group.count({ where: { name: 'Clerks (django)' } })).to.equal(1)
  })

  const EMPLOYEES = 'employees=Token_Authentication_App_emp'

  for (const file of ['django.sqlite3', 'dumpdata-natural.json'])
    it(`brings rows from ${file} by the rules of the resource, and lists by key what does not fit`, async () => {
      const { report } = await importOf(`${DJANGO}/${file}`, [...SKIPPED, '--resource', EMPLOYEES])
      const [rows] = report.rows
      expect([rows.came, rows.left_out[0].labels]).to.deep.equal([6, ['3']])
      const found = await Employee.findAll({ order: ['empid'] })
      const wanted = TRUTH.employees.rows.filter(({ outcome }) => outcome === 'imported')
      expect(found.map(({ empid, empname, salary }) => [empid, empname, Number(salary)])).to.have.deep.members(
        wanted.map(({ empid, empname, salary }) => [empid, empname, Number(salary)]),
      )
    })

  describe('a second time', () => {
    beforeEach(() => copyFile(`${DJANGO}/django.sqlite3`, at('django.sqlite3')))

    const again = async (...changes: string[]) => {
      for (const change of changes) await sql(`sqlite:${at('django.sqlite3')}`, change)
      return (await importOf(at('django.sqlite3'))).report
    }

    it('brings nothing twice', async () => {
      await again()
      const before = [await User.count(), await Token.count(), await Membership.count()]
      const report = await again()
      expect(Object.values(report.came).every((count) => count === 0)).to.equal(true)
      expect([await User.count(), await Token.count(), await Membership.count()]).to.deep.equal(before)
    })

    it('brings who is new, and takes a password that was changed there and not used here', async () => {
      await again()
      const [wim] = TRUTH.users.filter(({ username }) => username === 'wim')
      const report = await again(
        "UPDATE auth_user SET password = (SELECT password FROM auth_user WHERE username = 'wim') WHERE username = 'vasanti'",
        "INSERT INTO auth_user SELECT 100, password, last_login, is_superuser, 'newcomer', last_name, email, is_staff, is_active, date_joined, first_name FROM auth_user WHERE username = 'wim'",
      )
      expect([report.came.users, report.came.passwords]).to.deep.equal([1, 2])
      for (const username of ['vasanti', 'newcomer'])
        await requireSignIn({ username, password: wim!.password, sign_in: true, token: null } as TrueUser)
    })

    it('never undoes what was made anew here, nor a token that was revoked, nor a right that was taken', async () => {
      await again()
      const vasanti = TRUTH.users.find(({ username }) => username === 'vasanti')!
      await requireSignIn(vasanti)
      const client = await superuserClient()
      const edvin = (await User.findOne({ where: { username: 'edvin' } }))!
      const token = (await Token.findOne({ where: { userId: edvin.id } }))!
      await client.delete(`/api/tokens/${token.id}`)
      await client.patch(`/api/users/${edvin.id}`).send({ is_staff: false })
      await again("UPDATE auth_user SET password = 'md5$$3dc8c3d253dd1ff6475cd12aabe646bc' WHERE username = 'vasanti'")
      await requireSignIn(vasanti)
      expect((await edvin.reload()).isStaff).to.equal(false)
      expect(await Token.count({ where: { userId: edvin.id, revokedAt: null } })).to.equal(0)
    })

    it('brings nobody back who was deleted here', async () => {
      await again()
      const gopal = (await User.findOne({ where: { username: 'gopal' } }))!
      await (await superuserClient()).delete(`/api/users/${gopal.id}`)
      await again()
      expect(await User.count({ where: { username: 'gopal' } })).to.equal(0)
    })

    it('ends the sessions and the password link of who is staff there no longer, and of nobody else', async () => {
      await again()
      const [edvin, vasanti] = await Promise.all(
        ['edvin', 'vasanti'].map(async (username) => (await User.findOne({ where: { username } }))!),
      )
      const cookies = [await cookieFor(edvin!), await cookieFor(vasanti!)]
      for (const { id } of [edvin!, vasanti!]) await createPasswordLink(id, 'http://localhost:8000', TESTER)
      await again("UPDATE auth_user SET is_staff = 0 WHERE username = 'edvin'")
      expect((await edvin!.reload()).isStaff).to.equal(false)
      const statuses = await Promise.all(
        cookies.map(async (cookie) => (await raw('GET', '/api/', { headers: { cookie } })).status),
      )
      expect(statuses).to.deep.equal([401, 200])
      expect((await OneTimeLink.findAll()).map(({ userId }) => userId)).to.deep.equal([vasanti!.id])
    })

    it('disables who was disabled there, and replaces a token that was replaced there', async () => {
      await again()
      const fresh = 'f'.repeat(40)
      await again(
        "UPDATE auth_user SET is_active = 0 WHERE username = 'wim'",
        `UPDATE authtoken_token SET key = '${fresh}' WHERE user_id = 3`,
      )
      const [gopal, wim] = ['gopal', 'wim'].map((name) => TRUTH.users.find(({ username }) => username === name)!)
      await requireTokens([
        { ...wim!, token_works: false },
        { ...gopal!, token_works: false },
        { ...gopal!, token: fresh },
      ])
    })
  })

  const REFUSED: Record<string, [content: string | Buffer, line: RegExp]> = {
    'a dump of SQL': ['-- PostgreSQL database dump\n', /neither a SQLite file nor a dump/],
    'JSON of something else': ['[{"a": 1}]', /none that dumpdata writes/],
    'a dump that breaks off': ['[{"model": "auth.group", "pk": 1, "fields": {"name": "secret', /breaks off, after 0/],
    nothing: ['', /the source is empty/],
    'what is compressed': [Buffer.from([0x1f, 0x8b, 8, 0]), /compressed/],
  }
  for (const [title, [content, line]] of Object.entries(REFUSED))
    it(`refuses ${title} by one line`, async () => {
      await writeFile(at('source'), content)
      const { code, stderr } = await command(['import', 'django', at('source')])
      expect(code).to.equal(1)
      expect(stderr)
        .to.match(line)
        .and.match(/^latchkey: [^\n]*\n$/)
      expect(stderr).not.to.include('secret')
    })

  it('never shows the URL that it cannot read', async () => {
    const { code, stderr } = await command(['import', 'django', 'postgres://someone:geheim@127.0.0.1:1/none'])
    expect(code).to.equal(1)
    expect(stderr).not.to.include('geheim').and.not.to.include('someone')
  })
})

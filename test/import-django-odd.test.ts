import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Token } from '../src/identity/tokens/token.js'
import { Membership, User } from '../src/identity/users/user.js'
import { Origin } from '../src/imports/origins.js'
import { takesImportedValues } from '../src/platform/database/epoch.js'
import { Employee } from '../src/resources/employees/employee.js'
import { command } from './command.js'
import { freshDatabase, onPostgres } from './databases.js'
import { DJANGO } from './django.js'
import { expectWithin, latchkey } from './process.js'
import { sql } from './sql.js'
import { clientWithValue } from './support.js'

type Fields = Record<string, unknown>
interface Record_ {
  model: string
  pk?: unknown
  fields: Fields
}

const BLANK = { password: '!', last_login: null, email: '', is_active: true, is_staff: false, is_superuser: false }

const user = (pk: unknown, fields: Fields = {}): Record_ => ({
  model: 'auth.user',
  ...(pk === undefined ? {} : { pk }),
  fields: { ...BLANK, username: `user ${pk}`, date_joined: '2026-01-05T08:30:15.123Z', groups: [], ...fields },
})
const group = (pk: unknown, name: string): Record_ => ({ model: 'auth.group', pk, fields: { name, permissions: [] } })
const token = (owner: unknown, key: string): Record_ => ({
  model: 'authtoken.token',
  pk: key,
  fields: { user: owner, created: '2026-01-05T08:30:15Z' },
})
const knox = (owner: unknown, digest: string, fields: Fields = {}): Record_ => ({
  model: 'knox.authtoken',
  pk: digest,
  fields: { user: owner, token_key: '01234567', created: '2026-01-05T08:30:15Z', expiry: null, ...fields },
})

describe('latchkey import django, of what nobody expects', function () {
  this.timeout(60_000)

  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-django-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const importOf = async (source: Record_[] | string | Buffer, ...args: string[]) => {
    const file = typeof source === 'string' ? source : join(folder, 'dump.json')
    if (typeof source !== 'string') await writeFile(file, Buffer.isBuffer(source) ? source : JSON.stringify(source))
    const { code, stdout, stderr } = await command(['import', 'django', file, '--skip-conflicts', '--json', ...args])
    return { code, stderr, report: stdout === '' ? undefined : JSON.parse(stdout) }
  }

  const groupNamesOf = async (username: string) => {
    const found = await User.findOne({ where: { username }, include: 'groups' })
    return found!.groups!.map(({ name }) => name)
  }

  describe('keys of 64 bits', () => {
    const [ONE, OTHER] = ['1234567890123456789', '1234567890123456788']

    const requireApart = async () => {
      expect([await groupNamesOf('ann'), await groupNamesOf('bob')]).to.deep.equal([['clerks'], []])
      expect(await Token.count()).to.equal(2)
      for (const [username, value] of [
        ['ann', 'a'.repeat(40)],
        ['bob', 'b'.repeat(40)],
      ] as const) {
        const { hint } = (await Token.findOne({
          where: { userId: (await User.findOne({ where: { username } }))!.id },
        }))!
        expect(hint.startsWith(value[0]!)).to.equal(true)
      }
    }

    it('are distinguished in a dump', async () => {
      const text = JSON.stringify([
        group(1, 'clerks'),
        user('ONE', { username: 'ann', groups: [1] }),
        user('OTHER', { username: 'bob' }),
        token('ONE', 'a'.repeat(40)),
        token('OTHER', 'b'.repeat(40)),
      ])
      await importOf(Buffer.from(text.replaceAll('"ONE"', ONE).replaceAll('"OTHER"', OTHER)))
      await requireApart()
    })

    it('are distinguished in a SQLite file', async () => {
      const file = join(folder, 'django.sqlite3')
      await copyFile(`${DJANGO}/django.sqlite3`, file)
      for (const statement of [
        'DELETE FROM authtoken_token',
        'DELETE FROM knox_authtoken',
        'DELETE FROM auth_user_groups',
        "DELETE FROM auth_user WHERE username NOT IN ('wim', 'vasanti')",
        `UPDATE auth_user SET id = ${ONE}, username = 'ann' WHERE username = 'wim'`,
        `UPDATE auth_user SET id = ${OTHER}, username = 'bob' WHERE username = 'vasanti'`,
        'DELETE FROM auth_group',
        "INSERT INTO auth_group (id, name) VALUES (1, 'clerks')",
        `INSERT INTO auth_user_groups (user_id, group_id) VALUES (${ONE}, 1)`,
        `INSERT INTO authtoken_token ("key", created, user_id) VALUES ('${'a'.repeat(40)}', '2026-01-05', ${ONE})`,
        `INSERT INTO authtoken_token ("key", created, user_id) VALUES ('${'b'.repeat(40)}', '2026-01-05', ${OTHER})`,
      ])
        await sql(`sqlite:${file}`, statement)
      await importOf(file)
      await requireApart()
    })
  })

  it('takes each of several tokens of one user', async () => {
    const values = ['a', 'b', 'c'].map((sign) => sign.repeat(40))
    const { report } = await importOf([user(1), ...values.map((value) => token(1, value))])
    expect(report.came).to.include({ account_tokens: 1, personal_tokens: 2 })
    await expectWithin(3000, takesImportedValues)
    for (const value of values) expect((await clientWithValue(value).get('/api/emp_viewset')).status).to.equal(200)
  })

  it('takes the first of users and groups whose key is there twice', async () => {
    const { code, report } = await importOf([
      group(1, 'clerks'),
      group(1, 'masters'),
      user(7, { username: 'ann', groups: [1] }),
      user(7, { username: 'ann', is_superuser: true }),
    ])
    expect([code, report.came.users, report.came.groups, report.conflicts]).to.deep.equal([0, 1, 1, []])
    expect([await Membership.count(), await User.count({ where: { isSuperuser: true } })]).to.deep.equal([1, 0])
    expect(report.left_out.map(({ kind, reason }: Fields) => `${kind}: ${reason}`)).to.include.members([
      'user: its key is in the source twice',
      'group: its key is in the source twice',
    ])
  })

  it('shows no email address that is a key, or the name of a group or of an API key', async () => {
    const expired = { expiry: '2020-01-01T00:00:00Z' }
    const { report } = await importOf([
      group(1, 'bob@example.com'),
      group(1, 'ann@example.com'),
      { model: 'rest_framework_api_key.apikey', pk: 1, fields: { name: 'of bob@example.com' } },
      user('bob@example.com', { username: ' bob' }),
      user('ann@example.com', { username: 'x'.repeat(151) }),
      knox('bob@example.com', 'a'.repeat(128), expired),
      knox(['bob@example.com'], 'b'.repeat(128), { ...expired, salt: 'x' }),
    ])
    expect(report.left_out).to.have.length(6)
    expect(JSON.stringify(report)).not.to.include('example.com')
    expect(JSON.stringify(await Origin.findAll({ raw: true }))).not.to.include('example.com')
  })

  it('refuses a dump in another encoding, and brings no name of it', async () => {
    const { code, stderr } = await importOf(Buffer.from(JSON.stringify([user(1, { username: 'josé' })]), 'latin1'))
    expect([code, await User.count()]).to.deep.equal([1, 0])
    expect(stderr).to.match(/not in UTF-8/)
  })

  it('keeps texts that no database keeps out of it', async () => {
    const { code, report } = await importOf([
      group('a\0', 'clerks'),
      user('a\0', { username: 'ann', password: 'md5$\ud800$0123456789abcdef0123456789abcdef', groups: ['a\0'] }),
      user('\ud800', { username: 'bob', email: 'a\0@example.com' }),
      user('k'.repeat(300), { username: 'cyd' }),
      knox('a\0', 'a'.repeat(128), { token_key: '\0\ud800' }),
    ])
    expect([code, report.came.users, report.came.personal_tokens]).to.deep.equal([0, 3, 1])
    expect(await groupNamesOf('ann')).to.deep.equal(['clerks'])
  })

  it('gives nobody the rights of an earlier user of the name', async () => {
    const member = (pk: number, fields: Fields) => {
      const { date_joined: _, ...rest } = user(pk, { username: 'ann', ...fields }).fields
      return { model: 'auth.user', pk, fields: rest }
    }
    await importOf([member(1, { is_superuser: true })])
    const { report } = await importOf([member(2, {}), token(2, 'a'.repeat(40))])
    expect(report.conflicts.map(({ reason }: Fields) => reason)).to.deep.equal(['somebody has this name here'])
    expect(await Token.count()).to.equal(0)
  })

  onPostgres('from PostgreSQL', () => {
    it('takes a time without a zone for UTC, and a day for itself, wherever it runs', async () => {
      const { env, remove } = await freshDatabase()
      const name = `django_odd_${process.pid}`
      const source = env.DATABASE_URL.replace(/\/[^/]+$/, `/${name}`)
      try {
        await sql(env.DATABASE_URL.replace(/\/[^/]+$/, '/template1'), `CREATE DATABASE ${name}`)
        await sql(
          source,
          `CREATE TABLE auth_user (id integer PRIMARY KEY, username text, password text, last_login date, date_joined timestamp);
           INSERT INTO auth_user VALUES (1, 'ann', '!', '2026-01-05', '2026-01-05 23:30:15.123456')`,
        )
        await latchkey(['import', 'django', source], { ...env, TZ: 'Asia/Kolkata' })
        const [ann] = await sql(env.DATABASE_URL, 'SELECT date_joined, last_login FROM users')
        expect([ann!.date_joined, ann!.last_login].map((time) => (time as Date).toISOString())).to.deep.equal([
          '2026-01-05T23:30:15.123Z',
          '2026-01-05T00:00:00.000Z',
        ])
      } finally {
        await remove()
      }
    })
  })

  it('leaves out the second of two rows with one key, however far it is from the first', async () => {
    const employee = (pk: number) => ({
      model: 'shop.employee',
      pk,
      fields: { empname: 'Ann', salary: '1.00' },
    })
    const rows = Array.from({ length: 1100 }, (_, index) => employee(index + 1))
    const { code, report } = await importOf([...rows, employee(1)], '--resource', 'employees=shop.employee')
    expect([code, report.rows[0].came, report.rows[0].left_out[0].labels]).to.deep.equal([0, 1100, ['1']])
    expect(await Employee.count()).to.equal(1100)
  })
})

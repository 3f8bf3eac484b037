import { expect } from 'chai'
import { Change } from '../src/api/change.js'
import { Event } from '../src/audit/event.js'
import { removeUser } from '../src/identity/access/change-user.js'
import { createPasswordLink } from '../src/identity/access/password-link.js'
import { writeUses } from '../src/identity/access/usage.js'
import { beginSession } from '../src/identity/sessions/session.js'
import { OneTimeLink } from '../src/identity/sign-in/one-time-link.js'
import { Token } from '../src/identity/tokens/token.js'
import { TokenNetwork, TokenScope } from '../src/identity/tokens/usage-rows.js'
import { User } from '../src/identity/users/user.js'
import { keptIds } from '../src/imports/kept-ids.js'
import { settings } from '../src/platform/config.js'
import { isSqlite, select } from '../src/platform/database/connection.js'
import { takesImportedValues } from '../src/platform/database/epoch.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { freshDatabase } from './databases.js'
import { DJANGO } from './django.js'
import { parseExposition, sumOf } from './exposition.js'
import { takeNoImported } from './imported.js'
import { expectWithin, FIRST, ServerProcess } from './process.js'
import { sql } from './sql.js'
import { anonymous, clientWithValue, makePersonal, makeUser, PASSWORD, superuserClient, TESTER } from './support.js'

const ORIGIN = 'http://localhost'

const ago = (days: number) => new Date(Date.now() - days * 86_400_000)

/** As if it had been made, or had ended, long ago. */
function changed(token: Token, values: Partial<Token>): Promise<Token> {
  return write((transaction) => token.update(values, { transaction }))
}

async function pruned(args = ''): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await command(`prune --json ${args}`.trim())
  expect({ code, stderr }).to.deep.equal({ code: 0, stderr: '' })
  const rows: { kind: string; rows: number }[] = JSON.parse(stdout)
  return Object.fromEntries(rows.map(({ kind, rows }) => [kind, rows]))
}

const idsLeft = async () => (await Token.findAll({ order: ['id'] })).map(({ id }) => id)

describe('latchkey prune', () => {
  let user: User

  beforeEach(async () => {
    user = await makeUser({ username: 'ravi' })
  })

  const personal = async (values: Partial<Token> = {}) => changed((await makePersonal(user)).token, values)

  it('deletes tokens and sessions that ended 90 days ago, by whichever way, and no others', async () => {
    const gone = [
      await personal({ revokedAt: ago(91) }),
      await personal({ expiresAt: ago(91) }),
      await personal({ expiresAt: ago(91), revokedAt: ago(1) }),
      await personal({ expiresAt: ago(-30), revokedAt: ago(91) }),
      await changed((await beginSession(user, undefined, TESTER)).session, { expiresAt: ago(91) }),
    ]
    const left = [
      await personal(),
      await personal({ createdAt: ago(500) }),
      await personal({ revokedAt: ago(89) }),
      await personal({ expiresAt: ago(89) }),
      await personal({ expiresAt: ago(-30) }),
    ]
    expect((await pruned('--dry-run')).tokens).to.equal(gone.length)
    expect(await idsLeft()).to.have.lengthOf(gone.length + left.length)
    expect((await pruned()).tokens).to.equal(gone.length)
    expect(await idsLeft()).to.deep.equal(left.map(({ id }) => id))
    expect((await pruned()).tokens).to.equal(0)
  })

  it('deletes the tokens of users who were deleted then, and gives no id of them again', async () => {
    const { token } = await makePersonal(user)
    await removeUser(user.id, TESTER, () => {})
    await changed((await Token.findByPk(token.id))!, { revokedAt: ago(91) })
    expect((await pruned()).tokens).to.equal(1)
    const other = await makeUser()
    expect(other.id).to.be.greaterThan(user.id)
    expect((await makePersonal(other)).token.id).to.be.greaterThan(token.id)
  })

  it('deletes what a token was used for with it, and leaves its events and its history', async () => {
    const { token, value } = await makePersonal(user)
    await clientWithValue(value).get('/api/emp_viewset').expect(200)
    await writeUses()
    expect(await TokenScope.count({ where: { tokenId: token.id } })).to.equal(1)
    await Token.revoke(token.id, undefined, TESTER)
    await changed((await Token.findByPk(token.id))!, { revokedAt: ago(91) })
    const [events, changes] = [await Event.count(), await Change.count()]
    expect((await pruned()).tokens).to.equal(1)
    expect(await TokenScope.count()).to.equal(0)
    expect(await TokenNetwork.count()).to.equal(0)
    expect([await Event.count(), await Change.count()]).to.deep.equal([events, changes])
  })

  it('leaves a living user its way to a new account token', async () => {
    const signIn = async () =>
      (await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })).body
    const { token: first } = await signIn()
    const [account] = await Token.findAll({ where: { kind: 'account' } })
    await changed(account!, { expiresAt: ago(91) })
    expect((await pruned()).tokens).to.equal(1)
    const { token: second } = await signIn()
    expect(second).to.match(/^lk_/).and.not.equal(first)
    expect((await clientWithValue(second).get('/api/emp_viewset')).status).to.equal(200)
  })

  it('leaves a value that was replaced its overlap', async () => {
    const { token, value } = await makePersonal(user)
    await changed(token, { createdAt: ago(500) })
    await Token.rotate(token.id, { overlap: 60, maxAge: undefined }, TESTER, () => {})
    await pruned()
    expect((await clientWithValue(value).get('/api/emp_viewset')).status).to.equal(200)
  })

  it('deletes links that work no more, and leaves those that do', async () => {
    await createPasswordLink(user.id, ORIGIN, TESTER)
    const other = await makeUser()
    await createPasswordLink(other.id, ORIGIN, TESTER)
    await write((transaction) => OneTimeLink.update({ expiresAt: ago(1) }, { where: { userId: user.id }, transaction }))
    expect((await pruned()).one_time_links).to.equal(1)
    expect((await OneTimeLink.findAll()).map(({ userId }) => userId)).to.deep.equal([other.id])
  })

  it('makes no process forget whom it knows', async () => {
    await personal({ revokedAt: ago(91) })
    const epoch = async () => (await select<{ value: number }>('SELECT value FROM epoch'))[0]!.value
    const before = await epoch()
    expect((await pruned()).tokens).to.equal(1)
    expect(await epoch()).to.equal(before)
  })

  it('deletes more than a piece of them, and tells in a table and in the metrics', async () => {
    const row = { kind: 'personal', userId: user.id, scopes: 'a:b', hint: 'lk_…0000', revokedAt: ago(91) } as const
    const rows = Array.from({ length: 2100 }, (_, index) => ({ ...row, digest: String(index).padStart(64, '0') }))
    await write((transaction) => Token.bulkCreate(rows, { transaction }))
    const client = await superuserClient()
    const count = async () => {
      const samples = parseExposition((await client.get('/metrics').expect(200)).text)
      return {
        rows: sumOf(samples, 'latchkey_pruned_rows_total', { kind: 'tokens' }),
        age: Date.now() / 1000 - sumOf(samples, 'latchkey_prune_last_timestamp_seconds', { kind: 'tokens' }),
      }
    }
    const before = (await count()).rows
    expect((await command('prune')).stdout)
      .to.match(/^kind +rows\n/)
      .and.match(/\ntokens +2100\n/)
    const { rows: now, age } = await count()
    expect(now - before).to.equal(2100)
    expect(age).to.be.within(-1, 10)
  })

  it('goes on where one kind is hindered, and answers 1', async () => {
    await superuserClient()
    await personal({ revokedAt: ago(91) })
    await write((transaction) => Event.update({ at: ago(500), actor: 'somebody' }, { where: {}, transaction }))
    const before = settings().eventsMaxAge
    settings().eventsMaxAge = 86_400_000
    try {
      const { code, stdout, stderr } = await command('prune --json')
      expect({ code, stderr }).to.deep.equal({ code: 1, stderr: 'latchkey: the events are broken at 1 (events)\n' })
      expect(JSON.parse(stdout)).to.deep.include({ kind: 'tokens', rows: 1 })
    } finally {
      settings().eventsMaxAge = before
    }
  })
})

describe('what was imported', () => {
  after(takeNoImported)

  it('does not come back when it is imported once more after its end was pruned', async () => {
    const imported = () => command(['import', 'django', '--skip-conflicts', '--json', `${DJANGO}/dumpdata.json`])
    await imported()
    await expectWithin(5000, takesImportedValues)
    const tokens = await Token.count()
    expect(tokens).to.be.greaterThan(40)
    await write((transaction) => Token.update({ revokedAt: ago(91) }, { where: {}, transaction }))
    expect((await pruned()).tokens).to.equal(tokens)
    expect((await imported()).code).to.equal(0)
    expect(await Token.count()).to.equal(0)
  })

  it('gets no id of a user who was here, whose tokens are pruned', async () => {
    const user = await makeUser()
    await makePersonal(user)
    await removeUser(user.id, TESTER, () => {})
    await write((transaction) => Token.update({ revokedAt: ago(91) }, { where: {}, transaction }))
    await pruned()
    expect([await User.count(), await Token.count()]).to.deep.equal([0, 0])
    expect(await keptIds([{ origin: String(user.id) } as never], 'django')).to.deep.equal({ upTo: 0, isNew: false })
  })
})

describe('a service', function () {
  this.timeout(30_000)

  it('prunes when it starts, and its log has one line of what went', async () => {
    const database = await freshDatabase()
    try {
      const first = await ServerProcess.start({ ...database.env, ...FIRST })
      await first.signIn()
      await first.stop()
      const end = isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : "timestamptz '2026-01-01'"
      await sql(database.env.DATABASE_URL, `UPDATE tokens SET expires_at = ${end}`)
      const server = await ServerProcess.start(database.env)
      const lines = () => server.lines.filter(({ msg }) => msg === 'pruned what nobody needs any more')
      await expectWithin(5000, async () => lines().length > 0)
      await server.stop()
      expect(lines()).to.have.lengthOf(1)
      expect(lines()[0]!.rows).to.deep.equal({ tokens: 1 })
    } finally {
      await database.remove()
    }
  })
})

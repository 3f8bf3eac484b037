import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import {
  accountOf,
  clientOf,
  clientWithValue,
  cookieFor,
  makePersonal,
  makeUser,
  superuserClient,
  TESTER,
} from './support.js'

async function disable(user: User) {
  await User.change(user.id, { isActive: false }, TESTER, () => {})
}

/** A token in each state, of one user who is there and one who is disabled. */
async function oneOfEach() {
  const ravi = await makeUser({ username: 'ravi' })
  const mina = await makeUser({ username: 'mina' })
  const past = new Date(Date.now() - 1000)
  const made: Record<string, number> = {}
  for (const user of [ravi, mina])
    for (const name of ['plain', 'rotating', 'expired', 'revoked']) {
      const { token } = await makePersonal(user, { name: `${user.username} ${name}` })
      made[token.name] = token.id
      if (name === 'rotating') await Token.rotate(token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
      if (name === 'revoked' || name === 'rotating' || name === 'plain') continue
      await write((transaction) => Token.update({ expiresAt: past }, { where: { id: token.id }, transaction }))
    }
  for (const user of [ravi, mina]) await Token.revoke(made[`${user.username} revoked`]!, undefined, TESTER)
  await disable(mina)
}

const STATES = {
  active: ['ravi plain', 'ravi rotating'],
  rotating: ['ravi rotating'],
  disabled: ['mina plain', 'mina rotating'],
  expired: ['ravi expired', 'mina expired'],
  revoked: ['ravi revoked', 'mina revoked'],
}

type Row = { name: string; state: string; username: string | null }

describe('what is shown of tokens', () => {
  for (const [state, names] of Object.entries(STATES))
    it(`lists those that are ${state}, and no others`, async () => {
      const root = await superuserClient()
      await oneOfEach()
      const { body } = await root.get(`/api/tokens?kind=personal&state=${state}`)
      expect(body.map(({ name }: Row) => name)).to.have.members(names)
      if (state !== 'active') expect(new Set(body.map((row: Row) => row.state))).to.deep.equal(new Set([state]))
    })

  it('says in one row who the user is', async () => {
    const root = await superuserClient()
    const ravi = await makeUser({ username: 'ravi' })
    const { token } = await makePersonal(ravi)
    expect((await root.get(`/api/tokens/${token.id}`)).body).to.include({ user: ravi.id, username: 'ravi' })
    expect((await root.get('/api/tokens?kind=personal')).body[0]).to.include({ user: ravi.id, username: 'ravi' })
  })

  it('is the same where a token is made and where it is replaced', async () => {
    const root = await superuserClient()
    const ravi = await makeUser({ username: 'ravi', isActive: false })
    const wish = { user: ravi.id, name: 'report', scopes: ['employees:read'] }
    const { body: made } = await root.post('/api/tokens').send(wish)
    expect(made).to.include({ username: 'ravi', state: 'disabled' })
    const { body: replaced } = await root.post(`/api/tokens/${made.id}/rotate`).send({ overlap_seconds: 0 })
    expect(replaced).to.include({ username: 'ravi', state: 'disabled' })
  })

  it('has a place in getCurrentToken', async () => {
    const ravi = await makeUser({ username: 'ravi' })
    const { value } = await makePersonal(ravi)
    const { body } = await clientWithValue(value).get('/api/tokens/current')
    expect(body.token).to.include({ username: 'ravi', state: 'active' })
  })

  it('is searched by username too, letters A-Z folded', async () => {
    const root = await superuserClient()
    await makePersonal(await makeUser({ username: 'ravi' }), { name: 'one' })
    await makePersonal(await makeUser({ username: 'mina' }), { name: 'two' })
    const { body, headers } = await root.get('/api/tokens?search=RAV&count=true')
    expect(body.map(({ name }: Row) => name)).to.deep.equal(['one'])
    expect(headers['x-total-count']).to.equal('1')
  })

  it('is found by a name with a quotation mark in it as nothing, and breaks nothing', async () => {
    const root = await superuserClient()
    expect((await root.get(`/api/tokens?search=${encodeURIComponent("a' OR '1'='1")}`)).body).to.deep.equal([])
  })

  it('is not found by the name of a user whose tokens are hidden', async () => {
    const ravi = await makeUser({ username: 'ravi' })
    await makePersonal(ravi)
    const client = await clientOf(await makeUser())
    expect((await client.get('/api/tokens?search=ravi')).body).to.deep.equal([])
  })

  it('stands in the command’s list', async () => {
    await oneOfEach()
    const { stdout } = await command('token list --state disabled --json')
    expect(JSON.parse(stdout).map(({ name, username }: Row) => [name, username])).to.have.deep.members([
      ['mina plain', 'mina'],
      ['mina rotating', 'mina'],
    ])
    const table = await command('token list --state rotating')
    expect(table.stdout).to.match(/personal {2}ravi/)
  })
})

describe('the tokens of a user who was deleted', () => {
  async function deleted() {
    const root = await superuserClient()
    const ravi = await makeUser({ username: 'ravi', isStaff: true })
    const account = await accountOf(ravi)
    const { token, value } = await makePersonal(ravi, { name: 'report' })
    await Token.rotate(token.id, { overlap: 3600, maxAge: undefined }, TESTER, () => {})
    await cookieFor(ravi)
    expect((await root.delete(`/api/users/${ravi.id}`)).status).to.equal(204)
    return { root, ravi, account, token, value }
  }

  it('stay, revoked, with the id and without a name', async () => {
    const { root, ravi, token } = await deleted()
    const { body } = await root.get(`/api/tokens?user=${ravi.id}`)
    expect(body).to.have.lengthOf(2)
    for (const row of body) expect(row).to.include({ user: ravi.id, username: null, state: 'revoked' })
    expect((await root.get(`/api/tokens/${token.id}`)).body).to.include({ name: 'report', username: null })
  })

  it('keep nothing that could be opened or used, and no session', async () => {
    const { ravi, account, value } = await deleted()
    for (const found of [account, value]) expect((await clientWithValue(found).get('/api/')).status).to.equal(401)
    const rows = await Token.findAll({ where: { userId: ravi.id }, raw: true })
    expect(rows.map(({ kind }) => kind)).to.have.members(['account', 'personal'])
    for (const row of rows)
      expect(row).to.include({ sealed: null, sealedKey: null, oldDigest: null }).and.have.property('revokedAt').that.is
        .not.null
  })

  it('are not revived by a user of the same name, who has another id', async () => {
    const { root, ravi, account, value } = await deleted()
    const again = await makeUser({ username: 'ravi' })
    expect(again.id).not.to.equal(ravi.id)
    for (const found of [account, value]) expect((await clientWithValue(found).get('/api/')).status).to.equal(401)
    expect((await root.get(`/api/tokens?user=${again.id}`)).body).to.deep.equal([])
    expect(await accountOf(again)).not.to.equal(account)
  })

  it('are neither replaced nor found by the name of the user, and are in the command’s list', async () => {
    const { root, ravi, token } = await deleted()
    expect((await root.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })).status).to.equal(409)
    expect((await root.get('/api/tokens?search=ravi')).body).to.deep.equal([])
    expect((await command('token list')).stdout).to.contain(`deleted (${ravi.id})`)
    expect((await command(`token show ${token.id}`)).stdout).to.contain(`user: deleted (${ravi.id})`)
    const explained = await command(`token explain ${token.id} GET /api/emp_viewset`)
    expect(explained.code).to.equal(1)
    expect(explained.stderr).to.contain('was deleted')
  })

  it('are counted by the event', async () => {
    const { ravi } = await deleted()
    const event = await Event.findOne({ where: { action: 'user.deleted' } })
    expect(event).to.include({ object: `user:${ravi.id}`, detail: 'ravi, tokens ended 2' })
  })

  it('are not made any more while the deletion runs', async () => {
    const root = await superuserClient()
    const users = await Promise.all(Array.from({ length: 10 }, () => makeUser()))
    await Promise.all(
      users.flatMap(({ id }) => [
        root.delete(`/api/users/${id}`),
        root.post('/api/tokens').send({ user: id }),
        root.post('/api/tokens').send({ user: id, name: 'report', scopes: ['employees:read'] }),
      ]),
    )
    const live = await Token.findAll({ where: { userId: users.map(({ id }) => id), revokedAt: null } })
    expect(live).to.deep.equal([])
  })
})

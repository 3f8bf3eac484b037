import { expect } from 'chai'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { write } from '../src/platform/database/write-queue.js'
import { command } from './command.js'
import { clientOf, clientWithValue, makePersonal, makeUser, superuserClient, TESTER } from './support.js'

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

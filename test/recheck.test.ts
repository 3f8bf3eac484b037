import { expect } from 'chai'
import { setPassword } from '../src/identity/access/set-password.js'
import { stateOf, Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { accountOf, anonymous, clientWithValue, makePersonal, makeUser, PASSWORD, TESTER } from './support.js'

const choice = { text: 'coffee-4-two', rules: 'enforced' } as const

/** Acts of a token that run while what they rest on is taken away: whoever comes first, nothing outlives it. */
describe('a token that is being ended', () => {
  for (let round = 0; round < 5; round++)
    it(`leaves none behind that it was just making (${round})`, async () => {
      const user = await makeUser()
      const { value } = await makePersonal(user, { scopes: ['employees:read', 'tokens:write'] })
      const client = clientWithValue(value)
      await client.get('/api/')
      const make = () => client.post('/api/tokens').send({ name: 'x', scopes: ['employees:read'] })
      const before = Array.from({ length: 5 }, make)
      const ending = Token.findOne({ where: { userId: user.id } }).then(() =>
        setPassword(user.id, choice, { kinds: [] }, TESTER),
      )
      const during = (async () => {
        const made = []
        let over = false
        void ending.then(() => {
          over = true
        })
        while (!over) made.push(await make())
        return made
      })()
      await ending
      const statuses = [...(await Promise.all(before)), ...(await during)].map(({ status }) => status)
      for (const status of statuses) expect(status).to.be.oneOf([201, 401, 503])
      const alive = (await Token.findAll({ where: { userId: user.id } })).filter((token) => stateOf(token) === 'active')
      expect(alive.map(({ id }) => id)).to.deep.equal([])
    })

  it('takes no right back by a demoted superuser’s request that was already let in', async () => {
    const [a, b] = [await makeUser({ isSuperuser: true }), await makeUser({ isSuperuser: true })]
    const client = clientWithValue(await accountOf(a))
    await client.get('/api/')
    const demoting = User.change(a.id, { isSuperuser: false }, TESTER, () => {})
    const making = Array.from({ length: 10 }, (_, index) =>
      client.post('/api/users').send({ username: `puppet${index}`, is_superuser: true }),
    )
    await demoting
    const demoted = await Promise.all(making)
    for (const { status } of demoted) expect(status).to.be.oneOf([201, 401, 403, 503])
    expect((await client.post('/api/users').send({ username: 'late', is_superuser: true })).status).to.equal(403)
    expect(await User.count({ where: { id: b.id, isSuperuser: true } })).to.equal(1)
  })
})

describe('a sign-in while the password changes', () => {
  it('gives no token that outlives the change', async () => {
    const user = await makeUser({ username: 'ravi' })
    const signingIn = Array.from({ length: 3 }, () =>
      anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD }),
    )
    const changing = setPassword(user.id, choice, { kinds: [] }, TESTER)
    await changing
    const values = (await Promise.all(signingIn)).flatMap(({ body }) => (body.token ? [body.token as string] : []))
    for (const value of values) expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
  })
})

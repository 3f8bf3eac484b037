import { expect } from 'chai'
import { Event } from '../src/audit/event.js'
import { Token } from '../src/identity/tokens/token.js'
import { newValue } from '../src/identity/tokens/value.js'
import { accountOf, clientWithValue, makePersonal, makeUser, raw, TESTER } from './support.js'

let host = 10

function report(token: unknown, from = `127.0.3.${++host}`) {
  return raw('POST', '/api/tokens/report', {
    headers: { 'content-type': 'application/json' },
    from,
    body: JSON.stringify({ token }),
  })
}

describe('reportToken', () => {
  it('ends a token for anybody who holds it', async () => {
    const user = await makeUser()
    const personal = await makePersonal(user)
    const account = await accountOf(user)
    for (const value of [personal.value, account]) {
      expect((await report(value)).status).to.equal(204)
      expect((await clientWithValue(value).get('/api/')).status).to.equal(401)
    }
    expect((await Event.findAll({ where: { action: 'token.reported' } })).map(({ object }) => object)).to.have.lengthOf(
      2,
    )
  })

  it('ends a token by its old value too', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user)
    const rotated = await Token.rotate(
      token.id,
      { overlap: 3600, ownerId: user.id, maxAge: undefined },
      TESTER,
      () => {},
    )
    expect((await report(value)).status).to.equal(204)
    expect((await clientWithValue(rotated.value).get('/api/')).status).to.equal(401)
  })

  it('does not end a token by a value whose overlap is over', async () => {
    const user = await makeUser()
    const { token, value } = await makePersonal(user)
    const rotated = await Token.rotate(token.id, { overlap: 0, ownerId: user.id, maxAge: undefined }, TESTER, () => {})
    expect((await report(value)).status).to.equal(204)
    expect((await clientWithValue(rotated.value).get('/api/')).status).to.equal(200)
  })

  it('answers the same whether it is known or not', async () => {
    const { value } = await makePersonal(await makeUser())
    const answers = [
      await report(value),
      await report(newValue('lk')),
      await report('lk_nonsense'),
      await report(value),
    ]
    for (const { status, text } of answers) expect([status, text]).to.deep.equal([204, ''])
    const [known, unknown] = answers.map(({ headers: { date: _date, 'request-id': _id, ...headers } }) => headers)
    expect(known).to.deep.equal(unknown)
  })

  it('is throttled by address, but for what no checksum fits', async () => {
    const from = `127.0.3.${++host}`
    const statuses: number[] = []
    for (let index = 0; index < 22; index++) statuses.push((await report(newValue('lk'), from)).status)
    expect(statuses.filter((status) => status === 204)).to.have.lengthOf(20)
    expect(statuses.at(-1)).to.equal(429)
    expect((await report('junk', from)).status).to.equal(204)
  })

  for (const body of [5, null, ['lk_x'], 'x'.repeat(201)])
    it(`refuses ${JSON.stringify(body).slice(0, 20)}`, async () => {
      expect((await report(body)).status).to.equal(400)
    })
})

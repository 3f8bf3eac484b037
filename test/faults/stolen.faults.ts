import { expect } from 'chai'
import { Token } from '../../src/identity/tokens/token.js'
import { digestOf, newValue } from '../../src/identity/tokens/value.js'
import { provenAt } from '../../src/identity/users/hash-gate.js'
import { matchOf } from '../../src/identity/users/password.js'
import { User } from '../../src/identity/users/user.js'
import { sequelize } from '../../src/platform/database/connection.js'
import { write } from '../../src/platform/database/write-queue.js'
import { accountOf, anonymous, clientWithValue, makePersonal, makeUser, PASSWORD } from '../support.js'

describe('a stolen database', () => {
  it('holds nothing that works as a token, a cookie or a password, and none of a thousand values', async function () {
    this.timeout(180_000)
    const user = await makeUser({ username: 'ravi', isSuperuser: true })
    const values = [await accountOf(user)]
    const client = clientWithValue(values[0]!)
    // Nobody has more than a hundred.
    for (let owner = 0; owner < 10; owner++) {
      const other = await makeUser({ username: `owner-${owner}` })
      for (let index = 0; index < 99; index++) values.push((await makePersonal(other, { name: `n${index}` })).value)
    }
    await write((transaction) =>
      Token.create(
        { kind: 'session', userId: user.id, digest: digestOf(newValue('lks')), hint: 'lks_…' },
        { transaction },
      ),
    )
    await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })

    const rows: Record<string, unknown>[] = []
    for (const model of Object.values(sequelize.models))
      rows.push(...((await model.findAll({ raw: true })) as unknown as Record<string, unknown>[]))
    const texts = [
      ...new Set(
        rows
          .flatMap((row) => Object.values(row))
          .filter((value): value is string => typeof value === 'string' && value.length >= 16),
      ),
    ]
    const dump = JSON.stringify(rows)
    for (const value of values) expect(dump).not.to.contain(value.slice(3, 46))
    const listed = (await client.get('/api/tokens?limit=1000')).text + (await client.get('/api/events?limit=1000')).text
    for (const value of values) expect(listed).not.to.contain(value)

    // Of many values of one shape some stand for all: each try is a request, or the work of a password hash.
    const shapes = new Map<string, string[]>()
    for (const text of texts) {
      const shape = `${text.length} ${text
        .replace(/[a-z]+/gi, 'a')
        .replace(/\d+/g, '0')
        .slice(0, 4)}`
      shapes.set(shape, [...(shapes.get(shape) ?? []), text])
    }
    const tried = [...shapes.values()].flatMap((list) => list.slice(0, 2))
    expect(tried.length).to.be.greaterThan(20)
    const { passwordHash, passwordKey } = (await User.findByPk(user.id))!
    for (const text of tried) {
      const sent = encodeURIComponent(text)
      expect((await anonymous().get('/api/').set('Authorization', `Token ${sent}`)).status).to.equal(401)
      expect((await anonymous().get('/api/').set('Cookie', `latchkey_session=${sent}`)).status).to.equal(401)
      const holder = { passwordHash, passwordKey, drawn: { cost: 10 } }
      expect(await matchOf(text, holder, provenAt('test'))).to.equal(undefined)
    }
  })
})

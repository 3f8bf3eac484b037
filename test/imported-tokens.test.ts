import { createHash, randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { writeUses } from '../src/identity/access/usage.js'
import { Token } from '../src/identity/tokens/token.js'
import { User } from '../src/identity/users/user.js'
import { takeImportedValues } from '../src/platform/database/epoch.js'
import { write } from '../src/platform/database/write-queue.js'
import { makeAccount, makeKnox, takeImported, takeNoImported } from './imported.js'
import { expectWithin } from './process.js'
import { statementsDuring } from './statements.js'
import {
  anonymous,
  clientWithValue,
  makePersonal,
  makeUser,
  PASSWORD,
  raw,
  superuserClient,
  TESTER,
} from './support.js'

const sha512 = (value: string | Buffer) => createHash('sha512').update(value).digest('hex')

const hex = (bytes: number) => randomBytes(bytes).toString('hex')

async function statusOf(value: string) {
  return (await clientWithValue(value).get('/api/emp_viewset')).status
}

async function account(profile: Parameters<typeof makeUser>[0] = {}) {
  const user = await makeUser(profile)
  const key = hex(20)
  return { user, key, token: await makeAccount(user, key) }
}

/** What knox of each version makes of a value. */
const KNOX: [what: string, value: string, digest: (value: string) => string][] = [
  ['of knox 5', hex(32), sha512],
  ['of knox 4.2, which hashed bytes', hex(32), (value) => sha512(Buffer.from(value, 'hex'))],
  ['of knox 5 with a prefix', `app_${hex(32)}`, sha512],
  ['of knox 5 with the longest prefix', `my-prefix.${hex(32)}`, sha512],
  ['of knox 5 of 32 characters', hex(16), sha512],
  ['of knox 5 of 40 characters, the length of Django REST framework’s', hex(20), sha512],
  ['of knox 4.2 of 40 characters', hex(20), (value) => sha512(Buffer.from(value, 'hex'))],
]

describe('an imported token', () => {
  before(takeImported)
  after(takeNoImported)

  it('of Django REST framework may do what its user may', async () => {
    expect(await statusOf((await account()).key)).to.equal(200)
  })

  it('of Django REST framework is what /gettoken/ hands out', async () => {
    const { key } = await account({ username: 'ravi' })
    const { body } = await anonymous().post('/gettoken/').send({ username: 'ravi', password: PASSWORD })
    expect(body).to.deep.equal({ token: key })
  })

  for (const scheme of ['Token', 'Bearer', 'token'])
    it(`is accepted after ${scheme}`, async () => {
      const { key } = await account()
      const { status } = await raw('GET', '/api/emp_viewset', { headers: { authorization: `${scheme} ${key}` } })
      expect(status).to.equal(200)
    })

  for (const [what, value, digest] of KNOX)
    it(`${what} works`, async () => {
      await makeKnox(await makeUser(), digest(value), value.slice(0, 15))
      expect(await statusOf(value)).to.equal(200)
    })

  it('of knox may do what its scopes allow, and no more', async () => {
    const value = hex(32)
    await makeKnox(await makeUser(), sha512(value), value.slice(0, 15))
    const { status, body } = await clientWithValue(value).delete('/api/emp_viewset/1')
    expect([status, body.missing_scopes]).to.deep.equal([403, ['employees:write']])
  })

  const junk: Record<string, () => Promise<string>> = {
    'a key of Django REST framework that nobody has': async () => hex(20),
    'a value of knox that nobody has': async () => hex(32),
    'a key in capitals': async () => (await account()).key.toUpperCase(),
    'a key that was cut': async () => (await account()).key.slice(1),
    'what knox keeps of a value': async () => {
      const digest = sha512(hex(32))
      await makeKnox(await makeUser(), digest, 'x')
      return digest
    },
    'the digest that is kept here': async () => (await account()).token.digest,
    'what is sealed here': async () => (await account()).token.sealed!,
    'a key of an inactive user': async () => (await account({ isActive: false })).key,
    'a key that was revoked': async () => {
      const { key, token } = await account()
      await Token.revoke(token.id, undefined, TESTER)
      return key
    },
    'a value of knox that has expired': async () => {
      const value = hex(32)
      const token = await makeKnox(await makeUser(), sha512(value), value.slice(0, 15))
      await write((transaction) => token.update({ expiresAt: new Date(Date.now() - 1000) }, { transaction }))
      return value
    },
  }
  for (const [what, make] of Object.entries(junk))
    it(`is not ${what}`, async () => {
      expect(await statusOf(await make())).to.equal(401)
    })

  it('is not taken from a cookie', async () => {
    const { key } = await account({ isStaff: true })
    for (const name of ['latchkey_session', '__Host-latchkey_session', 'sessionid', 'auth_token'])
      expect((await raw('GET', '/api/emp_viewset', { headers: { cookie: `${name}=${key}` } })).status).to.equal(401)
  })

  it('is remembered as any other', async () => {
    const { key } = await account()
    const isForgotten = async () =>
      (await statementsDuring(async () => void (await statusOf(key)))).some((text) => /FROM .tokens./.test(text))
    await expectWithin(5000, async () => !(await isForgotten()))
  })

  it('ends when it is revoked, at once', async () => {
    const { key, token } = await account()
    await statusOf(key)
    const root = await superuserClient()
    expect((await root.delete(`/api/tokens/${token.id}`)).status).to.equal(204)
    expect(await statusOf(key)).to.equal(401)
  })

  it('that is rotated becomes one of ours, and works on for its overlap', async () => {
    const { key, token } = await account()
    const { status, body } = await clientWithValue(key)
      .post(`/api/tokens/${token.id}/rotate`)
      .send({ overlap_seconds: 600 })
    expect(status).to.equal(200)
    expect(body.token).to.match(/^lk_\w{49}$/)
    const old = await clientWithValue(key).get('/api/')
    expect([old.status, old.headers['token-replaced'], await statusOf(body.token)]).to.deep.equal([200, 'true', 200])
  })

  it('of knox that is rotated becomes one of ours, and ends without an overlap', async () => {
    const value = hex(32)
    const user = await makeUser()
    const token = await makeKnox(user, sha512(value), value.slice(0, 15))
    const root = await superuserClient()
    const { body } = await root.post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 })
    expect([await statusOf(value), await statusOf(body.token)]).to.deep.equal([401, 200])
  })

  it('is shown by its ends, and what is known of knox’s by its start', async () => {
    const { key, token } = await account()
    const value = hex(32)
    const personal = await makeKnox(await makeUser(), sha512(value), value.slice(0, 15))
    const root = await superuserClient()
    const hints = []
    for (const { id } of [token, personal]) hints.push((await root.get(`/api/tokens/${id}`)).body.hint)
    expect(hints).to.deep.equal([`${key.slice(0, 4)}…${key.slice(-4)}`, `${value.slice(0, 8)}…`])
  })

  it('is counted as used', async () => {
    const { key, token } = await account()
    await statusOf(key)
    await writeUses()
    expect(Number((await token.reload()).useCount)).to.equal(1)
  })

  it('is introspected as any other', async () => {
    const asker = await makeUser({ isSuperuser: true })
    const { value } = await makePersonal(asker, { scopes: ['checks:read'] })
    const { key } = await account({ username: 'ravi' })
    const { body } = await clientWithValue(value).post('/api/introspect').send({ token: key })
    expect(body).to.include({ active: true, username: 'ravi' })
  })

  it('is checked for other services', async () => {
    const { key } = await account()
    const { status } = await raw('GET', '/api/checks/employees:read', { headers: { authorization: `Token ${key}` } })
    expect(status).to.equal(200)
  })

  it('ends when it is reported by somebody who found it', async () => {
    const { key } = await account()
    const headers = { 'content-type': 'application/json' }
    await raw('POST', '/api/tokens/report', { headers, body: JSON.stringify({ token: key }), from: '127.0.7.1' })
    expect(await statusOf(key)).to.equal(401)
  })

  it('rests while its user is disabled', async () => {
    const { user, key } = await account()
    await User.change(user.id, { isActive: false }, TESTER, () => {})
    expect(await statusOf(key)).to.equal(401)
    await User.change(user.id, { isActive: true }, TESTER, () => {})
    expect(await statusOf(key)).to.equal(200)
  })
})

describe('a database without an import', () => {
  before(takeNoImported)
  after(takeNoImported)

  for (const [what, value] of [
    ['a key of Django REST framework', hex(20)],
    ['a value of knox', hex(32)],
    ['a value of knox with a prefix', `app_${hex(32)}`],
  ] as const)
    it(`is not asked for ${what}`, async () => {
      const answer = { status: 0, detail: '' }
      const statements = await statementsDuring(async () => {
        const { status, body } = await clientWithValue(value).get('/api/')
        Object.assign(answer, { status, detail: body.detail })
      })
      expect(answer).to.deep.equal({ status: 401, detail: 'Invalid token.' })
      expect(statements).to.deep.equal([])
    })

  it('learns of one while it serves, and then takes what it has refused', async () => {
    const { key } = await account()
    expect(await statusOf(key)).to.equal(401)
    await write(takeImportedValues)
    await expectWithin(1000, async () => (await statusOf(key)) === 200)
  })
})

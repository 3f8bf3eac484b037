import { expect } from 'chai'
import { Token } from '../src/identity/tokens/token.js'
import type { User } from '../src/identity/users/user.js'
import { isSqlite } from '../src/platform/database/connection.js'
import { command } from './command.js'
import { oneAfterTheOther } from './meanwhile.js'
import { clientOf, makeMany, makePersonal, makeUser, superuserClient } from './support.js'

const WISH = { name: 'one more', scopes: ['employees:read'] }
const SENTENCE = 'A user has at most 100 personal tokens at a time. Revoke one that is not needed any more.'

describe('the personal tokens of a user', () => {
  it('are 100 at most, no matter who makes them', async () => {
    const ravi = await withTokens(99)
    const own = await clientOf(ravi)
    await own.post('/api/tokens').send(WISH).expect(201)
    const root = await superuserClient()
    for (const [client, body] of [
      [own, WISH],
      [root, { ...WISH, user: ravi.id }],
    ] as const) {
      const answer = await client.post('/api/tokens').send(body)
      expect([answer.status, answer.body.detail]).to.deep.equal([409, SENTENCE])
    }
    expect(await command('token create ravi --name x --scope employees:read')).to.deep.equal({
      code: 1,
      stdout: '',
      stderr: `latchkey: ${SENTENCE}\n`,
    })
    expect(await Token.count({ where: { userId: ravi.id, kind: 'personal' } })).to.equal(100)
    // Nobody else is short of any.
    await root.post('/api/tokens').send(WISH).expect(201)
  })

  it('that have ended, account tokens and sessions do not count', async () => {
    const ravi = await withTokens(98)
    const { token } = await makePersonal(ravi)
    await makePersonal(ravi, { expiresAt: new Date(Date.now() + 3_600_000) })
    const client = await clientOf(ravi)
    await client.post('/api/tokens').send(WISH).expect(409)
    await client.delete(`/api/tokens/${token.id}`).expect(204)
    await client.post('/api/tokens').send(WISH).expect(201)
    await client.post('/api/tokens').send(WISH).expect(409)
  })

  it('that have expired do not count, and those of a disabled user do', async () => {
    const ravi = await withTokens(100, `'2020-01-01 00:00:00.000 +00:00'`)
    for (let count = 0; count < 100; count++) await makePersonal(ravi)
    const root = await superuserClient()
    await root.patch(`/api/users/${ravi.id}`).send({ is_active: false }).expect(200)
    await root
      .post('/api/tokens')
      .send({ ...WISH, user: ravi.id })
      .expect(409)
  }).timeout(20_000)

  it('are rotated where there are 100', async () => {
    const ravi = await withTokens(99)
    const { token } = await makePersonal(ravi)
    await (await clientOf(ravi)).post(`/api/tokens/${token.id}/rotate`).send({ overlap_seconds: 0 }).expect(200)
  })

  for (const who of ['the user', 'a superuser'])
    it(`are 100 at most when ${who} makes several at the same moment`, async () => {
      const ravi = await withTokens(98)
      const [client, body] =
        who === 'the user' ? [await clientOf(ravi), WISH] : [await superuserClient(), { ...WISH, user: ravi.id }]
      const tries = Array.from({ length: 8 }, () => client.post('/api/tokens').send(body))
      const statuses = (await Promise.all(tries)).map(({ status }) => status).sort()
      expect(statuses).to.deep.equal([201, 201, ...Array(6).fill(409)])
    })

  it('are counted even if a superuser makes one at the same time as the user', async () => {
    const ravi = await withTokens(99)
    const [own, root] = [await clientOf(ravi), await superuserClient()]
    const answers = await oneAfterTheOther(
      ravi,
      () => own.post('/api/tokens').send(WISH),
      () => root.post('/api/tokens').send({ ...WISH, user: ravi.id }),
    )
    expect(answers.map(({ status }) => status)).to.deep.equal([201, 409])
  })
})

/** Rows of the user `ravi`, past what makes tokens. */
async function withTokens(count: number, expiresAt = 'NULL'): Promise<User> {
  const ravi = await makeUser({ username: 'ravi' })
  await makeMany('tokens', count, {
    kind: `'personal'`,
    user_id: String(ravi.id),
    name: `'n'`,
    scopes: `'employees:read'`,
    digest: isSqlite ? `printf('%064d', n)` : `lpad(n::text, 64, '0')`,
    hint: `'lk_…'`,
    created_at: isSqlite ? `'2026-01-01 00:00:00.000 +00:00'` : 'now()',
    expires_at: isSqlite || expiresAt === 'NULL' ? expiresAt : `CAST(${expiresAt} AS TIMESTAMPTZ)`,
  })
  return ravi
}

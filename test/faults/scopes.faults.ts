import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { Op } from 'sequelize'
import { sweepRemovedScopes } from '../../src/identity/access/remove-scope.js'
import { OwnScope } from '../../src/identity/scopes/own-scope.js'
import { Token } from '../../src/identity/tokens/token.js'
import { connectForMigrations, isSqlite } from '../../src/platform/database/connection.js'
import { clientOf, makePersonal, makeUser, raw, TESTER } from '../support.js'

const COUNT = Number(process.env.FAULT_ROWS ?? 1_000_000)

const WITHOUT = "trim(replace(' ' || scopes || ' ', ' reports:read ', ' '))"

describe(`a scope of one's own that ${COUNT} tokens have`, function () {
  this.timeout(600_000)

  after(async () => {
    const patient = await connectForMigrations('refuse')
    await patient.query('DELETE FROM tokens')
    await patient.close()
  })

  it('is worthless from the response on, while others write, and is gone from all of them', async () => {
    const owner = await makeUser({ isSuperuser: true })
    const client = await clientOf(owner)
    await OwnScope.add({ name: 'reports:read', description: '' }, TESTER)
    await fill(owner.id)
    const { value } = await makePersonal(owner, { scopes: ['reports:read'] })
    const check = async () =>
      (await raw('GET', '/api/checks/reports:read', { headers: { authorization: `Token ${value}` } })).status
    expect(await check()).to.equal(200)
    console.log(`      one statement for all of them: ${await wholeInOne()} ms`)

    const begun = performance.now()
    expect((await client.delete('/api/scopes/reports:read')).status).to.equal(204)
    const answered = performance.now()
    expect(await check()).to.equal(403)
    expect((await client.post('/api/scopes').send({ name: 'reports:read' })).status).to.equal(409)

    const sweep = { isOver: false }
    const swept = sweepRemovedScopes().then(() => {
      sweep.isOver = true
    })
    const waits: number[] = []
    while (!sweep.isOver) {
      const sent = performance.now()
      expect((await client.post('/api/tokens').send({ name: 'x', scopes: ['users:read'] })).status).to.equal(201)
      waits.push(performance.now() - sent)
      expect(await check()).to.equal(403)
      await wait(50)
    }
    await swept
    const sweeping = performance.now() - answered
    expect(await Token.count({ where: { scopes: { [Op.substring]: 'reports:read' } } })).to.equal(0)
    expect((await client.post('/api/scopes').send({ name: 'reports:read' })).status).to.equal(201)
    expect(await check()).to.equal(403)
    const sorted = waits.toSorted((a, b) => a - b)
    console.log(
      `      removed in ${Math.round(answered - begun)} ms, taken from all in ${(sweeping / 1000).toFixed(1)} s; ` +
        `${waits.length} other writes meanwhile: median ${sorted[sorted.length >> 1]!.toFixed(1)} ms, slowest ${sorted.at(-1)!.toFixed(0)} ms`,
    )
    expect(answered - begun).to.be.lessThan(1000)
    expect(sorted.at(-1)).to.be.lessThan(2000)
  })
})

/** Beside the service, whose statements end after three seconds. */
async function fill(userId: number) {
  const patient = await connectForMigrations('refuse')
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${COUNT})`
  await patient.query(`INSERT INTO tokens (kind, user_id, name, scopes, digest, hint, created_at, use_count, old_use_count)
    ${numbers} SELECT 'personal', ${userId}, 'x', 'employees:read reports:read users:read',
      '${'0'.repeat(52)}' || (100000000000 + n), 'lk_', ${isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : 'now()'}, 0, 0
    FROM numbers`)
  await patient.close()
}

/** @returns milliseconds that it would take, of a transaction that is taken back */
async function wholeInOne(): Promise<number> {
  const patient = await connectForMigrations('refuse')
  const begun = performance.now()
  let took = 0
  await patient
    .transaction(async (transaction) => {
      await patient.query(`UPDATE tokens SET scopes = ${WITHOUT} WHERE ${WITHOUT} <> scopes`, { transaction })
      took = performance.now() - begun
      throw new Error('taken back')
    })
    .catch(() => {})
  await patient.close()
  return Math.round(took)
}

import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Database, freshDatabase } from '../databases.js'
import { FIRST, latchkey, ServerProcess } from '../process.js'
import { sql } from '../sql.js'

const TOKENS = 1_000_000

/** Tokens that end once more, for the command. */
const AGAIN = 10_000

/** Of ten tokens nine have ended, by either way. */
const ENDED = (TOKENS / 10) * 9

const USED = 200_000

const time = (day: string) =>
  isSqlite ? `'2026-01-${day} 00:00:00.000 +00:00'` : `timestamptz '2026-01-${day} 00:00:00Z'`

/** Ended tokens pile up where nobody ever deleted one; a service that is upgraded deletes them while it serves. */
describe(`the pruning of ${ENDED} of ${TOKENS} tokens`, function () {
  this.timeout(1_200_000)

  let database: Database
  let server: ServerProcess
  let token: string

  const statement = async (text: string) => (await sql(database.env.DATABASE_URL, text))[0] ?? {}

  before(async () => {
    database = await freshDatabase()
    server = await ServerProcess.start({ ...database.env, ...FIRST, LATCHKEY_ENDED_MAX_AGE: 'off' })
    token = await server.signIn()
    const digest = isSqlite ? 'lower(hex(randomblob(32)))' : "encode(sha256(CAST(n AS TEXT)::bytea), 'hex')"
    const ended = (rest: number, day: string) =>
      `CASE WHEN n % 10 IN (${rest}, ${rest + 1}, ${rest + 2}, ${rest + 3}) THEN ${time(day)} END`
    for (let from = 1; from <= TOKENS; from += 100_000)
      await statement(`WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${from + 99_999})
        INSERT INTO tokens (kind, user_id, name, scopes, digest, hint, created_at, revoked_at, expires_at)
        SELECT 'personal', 1, '', 'employees:read', ${digest}, 'lk_…0000', ${time('01')}, ${ended(1, '02')},
          CASE WHEN n % 10 >= 5 THEN ${time('03')} END FROM numbers`)
    await statement(`INSERT INTO token_scopes (token_id, scope, last_used_at)
      SELECT id, 'employees:read', created_at FROM tokens ORDER BY id LIMIT ${USED}`)
    if (!isSqlite) await statement('ANALYZE')
  })

  after(async () => {
    await server?.stop()
    await database.remove()
  })

  it('has an index that is made in a moment', async () => {
    await statement('DROP INDEX tokens_revoked_at')
    const started = performance.now()
    await statement('CREATE INDEX tokens_revoked_at ON tokens (revoked_at) WHERE revoked_at IS NOT NULL')
    const bytes = isSqlite
      ? (
          await statement("SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = 'tokens_revoked_at'").catch(() => ({
            bytes: 0,
          }))
        ).bytes
      : (await statement("SELECT pg_relation_size('tokens_revoked_at') AS bytes")).bytes
    console.log(`      made in ${Math.round(performance.now() - started)} ms, ${(Number(bytes) / 1e6).toFixed(1)} MB`)
    expect(performance.now() - started).to.be.below(20_000)
  })

  it('is never in the way of a write, and leaves what lives', async () => {
    const calm = await creates(1, async () => wait(5000))
    const before = await latchkey(['prune', '--dry-run', '--json'], database.env)
    expect(JSON.parse(before.stdout)).to.deep.include({ kind: 'tokens', rows: ENDED })
    await server.stop()
    const started = performance.now()
    server = await ServerProcess.start(database.env)
    let half = 0
    const busy = await creates(1_000_000, async () => {
      for (let left = ENDED; left > 0; await wait(1000)) {
        left = await endedLeft()
        if (half === 0 && left < ENDED / 2) {
          half = performance.now()
          await stopAndGoOn()
        }
      }
    })
    const seconds = (performance.now() - started) / 1000
    console.log(`      ${ENDED} rows in ${seconds.toFixed(0)} s, ${Math.round(ENDED / seconds)} a second`)
    console.log(`      creates one after the other: without it ${told(calm)}; meanwhile ${told(busy)}`)
    expect(Number((await statement('SELECT count(*) AS count FROM tokens')).count)).to.equal(TOKENS - ENDED + 1)
    expect(busy.statuses).to.deep.equal([201])
    expect(busy.times.at(-1)).to.be.below(2000)
  })

  it('can also be done by a command while the service runs', async () => {
    await statement(
      `UPDATE tokens SET revoked_at = ${time('02')} WHERE id IN (SELECT id FROM tokens WHERE kind = 'personal' ORDER BY id LIMIT ${AGAIN})`,
    )
    let done = { code: null as number | null, stdout: '', stderr: '' }
    const busy = await creates(2_000_000, async () => {
      done = await latchkey(['prune', '--json'], database.env)
    })
    console.log(`      creates meanwhile ${told(busy)}`)
    expect(done).to.include({ code: 0, stderr: '' })
    expect(JSON.parse(done.stdout)).to.deep.include({ kind: 'tokens', rows: AGAIN })
    expect(busy.statuses).to.deep.equal([201])
    expect(busy.times.at(-1)).to.be.below(2000)
  })

  /** A stop in the middle is as quick as ever, and what is left goes after the next start. */
  async function stopAndGoOn() {
    const started = performance.now()
    await server.stop()
    console.log(`      a stop in the middle took ${((performance.now() - started) / 1000).toFixed(1)} s`)
    server = await ServerProcess.start(database.env)
  }

  async function endedLeft(): Promise<number> {
    const { count } = await statement(
      `SELECT count(*) AS count FROM tokens WHERE revoked_at < ${time('10')} OR expires_at < ${time('10')}`,
    )
    return Number(count)
  }

  async function creates(from: number, meanwhile: () => Promise<void>) {
    const times: number[] = []
    const statuses = new Set<number>()
    let isOver = false
    const over = meanwhile().finally(() => {
      isOver = true
    })
    for (let empid = from; !isOver; empid++) {
      const started = performance.now()
      try {
        const { status } = await server.fetch('/api/emp_viewset', { token, json: { empid, empname: 'x', salary: 1 } })
        statuses.add(status)
        times.push(performance.now() - started)
      } catch {
        // Between a stop and a start nobody listens.
        await wait(20)
      }
    }
    await over
    return { times: times.sort((a, b) => a - b), statuses: [...statuses] }
  }

  function told({ times }: { times: number[] }): string {
    const at = (share: number) =>
      `${times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(1)} ms`
    return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)} of ${times.length}`
  }
})

import { expect } from 'chai'
import { isSqlite, sequelize } from '../../src/platform/database/connection.js'
import { write } from '../../src/platform/database/write-queue.js'
import { clientFor, makeMany, makeUser, superuserClient } from '../support.js'

const USERS = 10_000
const TOKENS = 100_000

/** Milliseconds that a first page may take. */
const MOST = 1000

const ORDERINGS = ['id', 'created_at', 'last_used_at', 'expires_at'].flatMap((name) => [name, `-${name}`])

const FILTERS = [
  '',
  'never_used=true',
  'without_expiry=true',
  'state=active',
  'state=disabled',
  'state=rotating',
  'scope=employees:write',
  'search=u9999',
  'search=nothing%20at%20all',
  'last_used_at_max=2026-02-01&without_expiry=true',
  'created_at_min=2026-01-01&created_at_max=2026-01-02',
]

describe('the review of 100,000 tokens', function () {
  this.timeout(300_000)

  // To delete them row by row, as it is done before each test, takes longer than a statement may.
  after(async () => {
    if (!isSqlite) await sequelize.query('TRUNCATE tokens CASCADE')
  })

  it('has each first page within a second, however it is ordered and filtered', async () => {
    await fill()
    const admin = await makeUser({ username: 'helpdesk' })
    for (const client of [await superuserClient(), await clientFor(admin, ['tokens:read', 'tokens:admin'])])
      for (const count of ['', '&count=true']) {
        let worst = { took: 0, query: '' }
        for (const ordering of ORDERINGS)
          for (const filter of FILTERS) {
            const query = `/api/tokens?limit=100&ordering=${ordering}${filter && `&${filter}`}${count}`
            const took = await quickest(query, client)
            if (took > worst.took) worst = { took, query }
          }
        console.log(`  ${worst.took} ms at most: ${worst.query}`)
        expect(worst.took, worst.query).to.be.below(MOST)
      }
  })
})

/** Of three tries where the first takes long: something else may run on the machine. */
async function quickest(query: string, client: Awaited<ReturnType<typeof superuserClient>>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 3 && best > MOST / 2; tries++) {
    const started = performance.now()
    expect((await client.get(query)).status, query).to.equal(200)
    best = Math.min(best, Math.round(performance.now() - started))
  }
  return best
}

/** Every third was never used, every second ends by no time, a user in a hundred is disabled. */
async function fill() {
  const [no, day] = isSqlite
    ? [
        '0',
        (from: string, seconds: string) =>
          `strftime('%Y-%m-%d %H:%M:%f +00:00', '${from}', '+' || (${seconds}) || ' seconds')`,
      ]
    : ['FALSE', (from: string, seconds: string) => `timestamptz '${from}' + (${seconds}) * interval '1 second'`]
  await makeMany('users', USERS, {
    username: "'u' || n",
    username_folded: "'u' || n",
    email: "''",
    is_active: 'n % 100 <> 0',
    is_staff: no,
    is_superuser: no,
    date_joined: day('2026-01-01', 'n'),
  })
  const first = '(SELECT min(id) FROM users)'
  for (let at = 0; at < TOKENS; at += TOKENS / 10)
    await makeMany('tokens', TOKENS / 10, {
      kind: "'personal'",
      user_id: `${first} + (n + ${at}) % ${USERS}`,
      name: "'report ' || n",
      scopes: `CASE WHEN n % 10 = 0 THEN 'employees:read employees:write' ELSE 'employees:read' END`,
      digest: isSqlite ? 'lower(hex(randomblob(32)))' : `encode(sha256((n + ${at})::text::bytea), 'hex')`,
      hint: "'lk_…0000'",
      created_at: day('2026-01-01', `(n + ${at}) * 100`),
      last_used_at: `CASE WHEN n % 3 = 0 THEN NULL ELSE ${day('2026-01-01', `(n * 7919 + ${at}) % 10000000`)} END`,
      expires_at: `CASE WHEN n % 2 = 0 THEN NULL ELSE ${day('2027-01-01', `(n * 7907 + ${at}) % 10000000`)} END`,
    })
  const insert = `INSERT INTO token_scopes (token_id, scope, last_used_at)
    SELECT id, 'employees:read', last_used_at FROM tokens WHERE last_used_at IS NOT NULL`
  await write((transaction) => sequelize.query(insert, { transaction }))
  // As autovacuum does.
  if (!isSqlite) await sequelize.query('ANALYZE')
}

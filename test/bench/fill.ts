import { writeFileSync } from 'node:fs'
import { Token } from '../../src/identity/tokens/token.js'
import { newValue, storedFormOf } from '../../src/identity/tokens/value.js'
import { User } from '../../src/identity/users/user.js'
import { settings } from '../../src/platform/config.js'
import { connectForMigrations, isSqlite, sequelize } from '../../src/platform/database/connection.js'
import { write } from '../../src/platform/database/write-queue.js'
import { prepare } from '../../src/process/prepare.js'

// Puts BENCH_ROWS employees and as many personal tokens of one user into the database that DATABASE_URL names, and the
// values of some of the tokens into BENCH_VALUES.

/** More than a process remembers, so that a request with the next one in turn always asks the database. */
const KNOWN = 12_000
const PIECE = 1000

const count = Number(process.env.BENCH_ROWS)
const actor = { id: null, name: 'bench', address: '', requestId: null }

await prepare(settings(), 'create')
// PostgreSQL ends a statement of the service after three seconds.
const patient = await connectForMigrations('refuse')
const { id: userId } = await User.add({ username: 'many', isActive: true }, actor)
await insert('employees', { empid: 'n', empname: "'Employee ' || n", salary: '20000 + n % 1000' })
await insert('tokens', {
  kind: "'personal'",
  user_id: String(userId),
  name: "'token'",
  scopes: "'employees:read'",
  digest: isSqlite ? 'lower(hex(randomblob(32)))' : "encode(sha256(n::text::bytea), 'hex')",
  hint: "'lk_…0000'",
  created_at: isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : 'now()',
})
const values = Array.from({ length: KNOWN }, () => newValue('lk'))
const wish = { kind: 'personal', userId, name: 'known', scopes: 'employees:read' } as const
// A write has 5 s.
for (let start = 0; start < KNOWN; start += PIECE) {
  const rows = values.slice(start, start + PIECE).map((value) => ({ ...wish, ...storedFormOf(value) }))
  await write((transaction) => Token.bulkCreate(rows, { transaction }))
}
writeFileSync(process.env.BENCH_VALUES!, JSON.stringify(values))
if (!isSqlite) await patient.query('ANALYZE')
await patient.close()
await sequelize.close()

async function insert(table: string, columns: Record<string, string>) {
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
  const statement = `INSERT INTO ${table} (${Object.keys(columns)}) ${numbers} SELECT ${Object.values(columns)} FROM numbers`
  await patient.query(statement)
}

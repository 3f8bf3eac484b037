import { createHash, randomBytes } from 'node:crypto'
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import Database from 'better-sqlite3'
import express from 'express'
import pg from 'pg'

// Baseline: API keys of Better Auth on Express, as its documentation has them: better-sqlite3 or pg, the keys in the database
// ("database", its default storage; its secondary storage would be a Redis), hashed, updates not deferred. A key has no rate
// limit, as a token has none, and each refusal is not logged. BENCH_ROWS keys, and BENCH_TOKEN, which has the permission.

const sqlite = /^sqlite:(.+)$/.exec(process.env.DATABASE_URL)
const database = sqlite ? new Database(sqlite[1]) : new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
if (sqlite) database.pragma('journal_mode = WAL')

const permissions = { employees: ['read'] }
const auth = betterAuth({
  database,
  secret: randomBytes(32).toString('base64'),
  baseURL: 'http://127.0.0.1',
  logger: { disabled: true },
  telemetry: { enabled: false },
  plugins: [apiKey({ rateLimit: { enabled: false }, customKeyGenerator: () => process.env.BENCH_TOKEN })],
})
const { runMigrations } = await getMigrations(auth.options)
await runMigrations()
await fill(Number(process.env.BENCH_ROWS))

const app = express()
app.get('/api/checks/:scope', async (request, response) => {
  const [, bearer] = /^(?:Token|Bearer) (\S+)$/.exec(request.headers.authorization ?? '') ?? []
  const key = request.headers['x-api-key'] ?? bearer
  const { valid } = key ? await auth.api.verifyApiKey({ body: { key, permissions } }) : { valid: false }
  response.status(valid ? 200 : 401).end()
})
const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port, msg: 'listening' }))
})

/** The keys `key-1` to `key-<count>` of one user, with what `createApiKey` writes for each. */
async function fill(count) {
  const { internalAdapter } = await auth.$context
  const { id } = await internalAdapter.createUser({ email: 'many@example.com', name: 'many', emailVerified: true })
  if (sqlite) database.function('digest', (text) => createHash('sha256').update(text).digest('base64url'))
  const digest = (text) =>
    sqlite ? `digest(${text})` : `rtrim(translate(encode(sha256((${text})::bytea), 'base64'), '+/', '-_'), '=')`
  const now = sqlite ? "strftime('%Y-%m-%dT%H:%M:%fZ')" : 'now()'
  const columns = {
    id: `substr(${digest("'id ' || n")}, 1, 32)`,
    configId: "'default'",
    start: `substr(${digest("'start ' || n")}, 1, 6)`,
    referenceId: `'${id}'`,
    key: digest("'key-' || n"),
    enabled: sqlite ? '1' : 'true',
    rateLimitEnabled: sqlite ? '0' : 'false',
    rateLimitTimeWindow: '86400000',
    rateLimitMax: '10',
    requestCount: '0',
    createdAt: now,
    updatedAt: now,
    permissions: `'${JSON.stringify(permissions)}'`,
    metadata: "'null'",
  }
  const names = Object.keys(columns).map((name) => `"${name}"`)
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`
  const statement = `INSERT INTO apikey (${names}) ${numbers} SELECT ${Object.values(columns)} FROM numbers`
  if (sqlite) database.exec(statement)
  else {
    await database.query(statement)
    await database.query('ANALYZE')
  }
  await auth.api.createApiKey({ body: { userId: id, permissions } })
}

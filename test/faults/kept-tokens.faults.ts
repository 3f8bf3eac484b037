import { expect } from 'chai'
import pg from 'pg'
import sqlite3 from 'sqlite3'
import { isSqlite } from '../../src/platform/database/connection.js'
import { contextOf } from '../../src/platform/database/migrations/context.js'
import { HISTORY } from '../../src/platform/database/migrations/history.js'
import { type Database, emptyDatabase } from '../databases.js'
import { latchkey } from '../process.js'

const TOKENS = 1_000_000
const USERS = 1000
const MIGRATION = '0034-kept-tokens'

type Rows = (statement: string, bind?: Record<string, unknown>) => Promise<Record<string, unknown>[]>

describe(`the migration ${MIGRATION}`, function () {
  this.timeout(600_000)
  let database: Database
  let rows: Rows
  let close: () => Promise<unknown>

  before(async () => {
    database = await emptyDatabase()
    ;({ rows, close } = await connect(database.env.DATABASE_URL))
    await applyOlder(rows)
    await fill(rows)
    if (!isSqlite) await rows('ANALYZE')
  })

  after(async () => {
    await close()
    await database.remove()
  })

  it(`keeps ${TOKENS} tokens as they are, and what they were used for`, async () => {
    const before = await facts(rows)
    const started = performance.now()
    await rows('BEGIN')
    await apply(MIGRATION, rows)
    await rows('COMMIT')
    console.log(`  ${(performance.now() - started).toFixed(1)} ms`)
    expect(await facts(rows)).to.deep.equal(before)
    const { code, stderr } = await latchkey(['migrate'], database.env)
    expect(code, stderr).to.equal(0)
  })

  it('lets a user go without its tokens, by an index', async () => {
    const explained = await rows(
      `EXPLAIN ${isSqlite ? 'QUERY PLAN ' : ''}UPDATE tokens SET sealed = NULL WHERE user_id = 7 AND revoked_at IS NULL`,
    )
    expect(JSON.stringify(explained)).to.match(/tokens_(user_id|account)/)
    const started = performance.now()
    await rows('UPDATE tokens SET revoked_at = created_at WHERE user_id = 7 AND revoked_at IS NULL')
    await rows('DELETE FROM users WHERE id = 7')
    console.log(`  ${Math.round(performance.now() - started)} ms for a user with ${TOKENS / USERS} tokens`)
    const [left] = await rows('SELECT count(*) AS count FROM tokens WHERE user_id = 7')
    expect(Number(left!.count)).to.equal(TOKENS / USERS)
  })
})

async function connect(url: string): Promise<{ rows: Rows; close: () => Promise<unknown> }> {
  if (!isSqlite) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    return { rows: async (statement) => (await client.query(statement)).rows, close: () => client.end() }
  }
  const connection = new sqlite3.Database(url.replace('sqlite:', ''))
  const rows: Rows = (statement) =>
    new Promise((resolve, reject) =>
      connection.all<Record<string, unknown>>(statement, (error, found) => (error ? reject(error) : resolve(found))),
    )
  await rows('PRAGMA journal_mode = WAL')
  await rows('PRAGMA foreign_keys = ON')
  return { rows, close: () => new Promise((resolve) => connection.close(resolve)) }
}

/** The schema as it was before. */
async function applyOlder(rows: Rows) {
  await rows('CREATE TABLE migrations (name VARCHAR(255) PRIMARY KEY)')
  for (const name of Object.keys(HISTORY)) {
    if (name === MIGRATION) return
    await apply(name, rows)
  }
}

async function apply(name: string, rows: Rows) {
  const run: Rows = (statement, bind = {}) => {
    const values = Object.entries(bind).map(([parameter, value]) => [`$${parameter}`, `'${value}'`] as const)
    return rows(values.reduce((text, [parameter, value]) => text.replaceAll(parameter, value), statement))
  }
  await (await HISTORY[name]!()).up(contextOf(isSqlite ? 'sqlite' : 'postgres', run as never))
  await rows(`INSERT INTO migrations (name) VALUES ('${name}')`)
}

async function fill(rows: Rows) {
  const now = isSqlite ? "'2026-01-01 00:00:00.000 +00:00'" : "timestamptz '2026-01-01'"
  const [no, yes] = isSqlite ? ['0', '1'] : ['FALSE', 'TRUE']
  const numbers = (from: number, to: number) =>
    `WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n < ${to})`
  await rows(`${numbers(1, USERS)} INSERT INTO users
    (username, username_folded, email, is_active, is_staff, is_superuser, date_joined)
    SELECT 'u' || n, 'u' || n, '', ${yes}, ${no}, ${no}, ${now} FROM numbers`)
  const digest = isSqlite ? "printf('%064d', n)" : "lpad(n::text, 64, '0')"
  for (let from = 1; from <= TOKENS; from += 100_000)
    await rows(`${numbers(from, from + 99_999)} INSERT INTO tokens (kind, user_id, name, scopes, digest, hint, created_at)
      SELECT 'personal', 1 + n % ${USERS}, '', 'employees:read', ${digest}, 'lk_…0000', ${now} FROM numbers`)
  await rows(`INSERT INTO token_scopes (token_id, scope, last_used_at)
    SELECT id, 'employees:read', created_at FROM tokens WHERE id <= 1000`)
  await rows(`DELETE FROM tokens WHERE id = ${TOKENS}`)
  await rows(`INSERT INTO tokens (kind, user_id, name, scopes, digest, hint, created_at)
    VALUES ('personal', 8, '', 'a:b', '${'f'.repeat(64)}', 'lk_…0000', ${now})`)
}

/** Rows, the counter of ids, the indices, and that the rules of the table still refuse. */
async function facts(rows: Rows): Promise<unknown> {
  const [counts] = await rows(`SELECT (SELECT count(*) FROM tokens) AS tokens, (SELECT max(id) FROM tokens) AS last,
    (SELECT count(*) FROM token_scopes) AS scopes, (SELECT count(*) FROM users) AS users`)
  const indices = isSqlite
    ? await rows("SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'tokens' AND type = 'index' ORDER BY name")
    : await rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'tokens' ORDER BY indexname")
  const counter = isSqlite
    ? await rows("SELECT seq FROM sqlite_sequence WHERE name = 'tokens'")
    : await rows("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence('tokens', 'id') AS REGCLASS)) AS seq")
  const refused = await rows(`UPDATE tokens SET kind = 'other' WHERE id = 1`).then(
    () => 'taken',
    ({ message }: Error) => message,
  )
  expect(refused).to.match(/check constraint/i)
  const damaged = isSqlite ? await rows('PRAGMA quick_check(1)') : []
  return { counts, indices, counter, refused, damaged }
}

import { exec } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { isSqlite } from '../../src/platform/database/connection.js'
import { type Database, freshDatabase } from '../databases.js'
import { latchkey } from '../process.js'
import { sql } from '../sql.js'

const TOKENS = 200_000

/** MB of V8's heap, in which the tokens would not fit: all of them at once took two thousand. */
const HEAP = 64

describe('latchkey token list', function () {
  this.timeout(300_000)
  let database: Database

  before(async () => {
    database = await freshDatabase()
    const made = await latchkey(['user', 'create', 'ravi', '--no-password'], database.env)
    expect(made.code, made.stderr).to.equal(0)
    const [digest, now] = isSqlite
      ? ['lower(hex(randomblob(32)))', "'2026-01-01 00:00:00.000 +00:00'"]
      : ["encode(sha256(n::text::bytea), 'hex')", 'now()']
    await sql(
      database.env.DATABASE_URL,
      `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${TOKENS})
       INSERT INTO tokens (kind, user_id, name, scopes, digest, hint, created_at)
       SELECT 'personal', (SELECT max(id) FROM users), 'n', 'employees:read', ${digest}, 'lk_…0000', ${now} FROM numbers`,
    )
  })

  after(() => database.remove())

  for (const how of ['', ' --json'])
    it(`lists ${TOKENS} tokens in ${HEAP} MB${how}`, async () => {
      const env = {
        ...process.env,
        LATCHKEY_SECRET_KEY: '',
        ...database.env,
        NODE_OPTIONS: `--max-old-space-size=${HEAP}`,
      }
      const started = performance.now()
      const listed = `'${process.execPath}' build/src/cli.js token list${how} | grep -c lk_…0000`
      const { stdout } = await promisify(exec)(`set -o pipefail; ${listed}`, { env, shell: 'bash' })
      console.log(`  ${((performance.now() - started) / 1000).toFixed(1)} s`)
      expect(Number(stdout)).to.equal(TOKENS)
    })
})

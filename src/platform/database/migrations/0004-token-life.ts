import type { Context } from './context.js'

/** Rotation, last use, limits, and what a process needs to know of the others: the epoch, limits and known addresses. */
export async function up({ text, time, table, run }: Context) {
  const columns = [
    `old_digest ${text} CHECK (length(old_digest) = 64)`,
    `old_expires_at ${time}`,
    `old_last_used_at ${time}`,
    `old_last_used_from ${text}`,
    'old_use_count BIGINT NOT NULL DEFAULT 0',
    `last_used_at ${time}`,
    `last_used_from ${text}`,
    `last_used_agent ${text} CHECK (length(last_used_agent) <= 200)`,
    'use_count BIGINT NOT NULL DEFAULT 0',
    'limit_requests INTEGER CHECK (limit_requests > 0)',
    'limit_seconds INTEGER CHECK (limit_seconds > 0)',
  ]
  for (const column of columns) await run(`ALTER TABLE ${table('tokens')} ADD COLUMN ${column}`)
  await run(`CREATE UNIQUE INDEX tokens_old_digest ON ${table('tokens')} (old_digest)`)

  await run(`CREATE TABLE ${table('token_scopes')} (
    token_id INTEGER NOT NULL REFERENCES ${table('tokens')} (id) ON DELETE CASCADE,
    scope ${text} NOT NULL,
    last_used_at ${time} NOT NULL,
    PRIMARY KEY (token_id, scope)
  )`)
  await run(`CREATE TABLE ${table('token_networks')} (
    token_id INTEGER NOT NULL REFERENCES ${table('tokens')} (id) ON DELETE CASCADE,
    network ${text} NOT NULL,
    PRIMARY KEY (token_id, network)
  )`)
  await run(`CREATE TABLE ${table('rate_windows')} (
    token_id INTEGER PRIMARY KEY NOT NULL REFERENCES ${table('tokens')} (id) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    ends_at BIGINT NOT NULL
  )`)

  await run(`CREATE TABLE ${table('epoch')} (id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1), value INTEGER NOT NULL)`)
  await run(`INSERT INTO ${table('epoch')} (id, value) VALUES (1, 1)`)

  await run(`CREATE TABLE ${table('known_addresses')} (
    user_id INTEGER NOT NULL REFERENCES ${table('users')} (id) ON DELETE CASCADE,
    address ${text} NOT NULL,
    last_login_at ${time} NOT NULL,
    PRIMARY KEY (user_id, address)
  )`)
  // The shape that rate-limiter-flexible expects.
  await run(
    `CREATE TABLE ${table('throttle')} (key VARCHAR(255) PRIMARY KEY NOT NULL, points INTEGER NOT NULL DEFAULT 0, expire BIGINT)`,
  )
}

import type { Context } from './context.js'

/** Creates that carried an Idempotency-Key, with their responses, for a day. */
export async function up({ text, time, table, run }: Context) {
  await run(`CREATE TABLE ${table('idempotency_keys')} (
    user_id INTEGER NOT NULL REFERENCES ${table('users')} (id) ON DELETE CASCADE,
    operation_id ${text} NOT NULL,
    key ${text} NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    fingerprint ${text} NOT NULL,
    key_id ${text} NOT NULL REFERENCES ${table('keys')} (id),
    answer ${text} NOT NULL,
    created_at ${time} NOT NULL,
    PRIMARY KEY (user_id, operation_id, key)
  )`)
  await run(`CREATE INDEX idempotency_keys_created_at ON ${table('idempotency_keys')} (created_at)`)
}

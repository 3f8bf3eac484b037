import type { Context } from './context.js'

/**
 * One-time links: that of a start, until there is a superuser, and those by which users set their password, one a user. A start makes
 * the former anew, so that none has to be kept. The index counts a user's live personal tokens.
 */
export async function up({ id, text, time, table, run }: Context) {
  await run(`DROP TABLE ${table('setup_links')}`)
  await run(`CREATE TABLE ${table('one_time_links')} (
    id ${id},
    purpose ${text} NOT NULL CHECK (purpose IN ('setup', 'password')),
    user_id INTEGER UNIQUE REFERENCES ${table('users')} (id) ON DELETE CASCADE,
    digest ${text} NOT NULL UNIQUE CHECK (length(digest) = 64),
    expires_at ${time} NOT NULL,
    CHECK ((purpose = 'password') = (user_id IS NOT NULL))
  )`)
  await run(`CREATE INDEX tokens_live ON ${table('tokens')} (user_id, expires_at)
    WHERE kind = 'personal' AND revoked_at IS NULL`)
}

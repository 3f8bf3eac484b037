import type { Context } from './context.js'

/** Credentials: account and personal tokens, and sessions of the admin site. */
export async function up({ id, text, time, ofType, table, run, joinEveryone }: Context) {
  await run(`CREATE TABLE ${table('tokens')} (
    id ${id},
    kind ${text} NOT NULL CHECK (kind IN ('account', 'personal', 'session')),
    user_id INTEGER NOT NULL REFERENCES ${table('users')} (id) ON DELETE CASCADE,
    name ${text} NOT NULL CHECK (length(name) <= 100 AND ${ofType('name', 'text')}),
    scopes ${text},
    networks ${text},
    digest ${text} NOT NULL UNIQUE CHECK (length(digest) = 64),
    hint ${text} NOT NULL CHECK (length(hint) <= 12),
    sealed ${text},
    sealed_key ${text} REFERENCES ${table('keys')} (id),
    created_at ${time} NOT NULL,
    expires_at ${time},
    revoked_at ${time},
    CHECK ((kind = 'personal') = (scopes IS NOT NULL)),
    CHECK ((sealed IS NULL) = (sealed_key IS NULL)),
    CHECK (sealed IS NULL OR kind = 'account')
  )`)
  await run(
    `CREATE UNIQUE INDEX tokens_account ON ${table('tokens')} (user_id) WHERE kind = 'account' AND revoked_at IS NULL`,
  )
  await run(`CREATE INDEX tokens_user_id ON ${table('tokens')} (user_id)`)
  await run(`CREATE INDEX tokens_created_at ON ${table('tokens')} (created_at)`)
  await joinEveryone('tokens')
}

import type { Context } from './context.js'

/**
 * Password hashes of another system, sealed; the epoch's row says whether anything was ever imported. A user has a hash of ours or an
 * imported one, never both.
 */
export async function up({ table, run, text }: Context) {
  await run(`ALTER TABLE ${table('users')} ADD COLUMN imported_hash ${text}`)
  await run(`ALTER TABLE ${table('users')} ADD COLUMN imported_key ${text} REFERENCES ${table('keys')} (id)
    CHECK ((imported_hash IS NULL) = (imported_key IS NULL))
    CHECK (imported_hash IS NULL OR password_hash IS NULL)`)
  // Found in the order of ids by what makes each sign-in cost the same, and by the change of server keys.
  await run(`CREATE INDEX users_imported ON ${table('users')} (id) WHERE imported_hash IS NOT NULL`)
  await run(`ALTER TABLE ${table('epoch')} ADD COLUMN takes_imported BOOLEAN NOT NULL DEFAULT FALSE`)
}

import type { Context } from './context.js'

/**
 * The records of tokens stay when their user is deleted; they went with a cascade of the foreign key, which goes instead. No row is
 * touched: with 1,000,000 tokens it took 20 ms on SQLite (measured: test/faults/kept-tokens.faults.ts).
 *
 * There is no index on the last use, by which tokens are ordered. Of 2,000 uses in a batch it made PostgreSQL write 2.3 times as many
 * records of its log and take 2.5 times as long, because none of the updates could stay on its page any more (HOT) where two thirds
 * had; SQLite took 1.4 times as much CPU (measured at 100,000 tokens). Without it their first page by last use takes less than a second
 * on both (test/faults/token-review.faults.ts), which is asked for a few times a day, and uses are written every few seconds.
 */
export async function up(context: Context) {
  if (context.dialect === 'postgres')
    await context.run(`ALTER TABLE ${context.table('tokens')} DROP CONSTRAINT tokens_user_id_fkey`)
  else await dropReference(context)
  // Whose tokens are disabled: few, and looked for by each list of tokens in a state.
  const disabled = context.dialect === 'postgres' ? 'NOT is_active' : 'is_active = 0'
  await context.run(`CREATE INDEX users_disabled ON ${context.table('users')} (id) WHERE ${disabled}`)
}

const REFERENCE = ' REFERENCES users (id) ON DELETE CASCADE'

/**
 * SQLite has no statement for it. This is what its documentation (lang_altertable.html, 7) says to do where nothing of a row changes;
 * to copy the table would cascade to the scopes and networks that tokens were used with, when the old one is dropped.
 */
async function dropReference({ run, rows }: Context) {
  const [before] = await rows<{ schema_version: number }>('PRAGMA schema_version')
  await run('PRAGMA writable_schema = ON')
  await run("UPDATE sqlite_schema SET sql = replace(sql, $reference, '') WHERE type = 'table' AND name = 'tokens'", {
    reference: REFERENCE,
  })
  await run(`PRAGMA schema_version = ${before!.schema_version + 1}`)
  await run('PRAGMA writable_schema = RESET')
  const left = await rows<{ table: string }>('SELECT "table" FROM pragma_foreign_key_list(\'tokens\')')
  if (left.length !== 1 || left[0]!.table !== 'keys')
    throw new Error('the table of tokens is not as the migrations made it')
}

import type { Context } from './context.js'

/** What each of the last changes of rights was about, so that a process forgets that alone. */
export async function up({ table, run, text }: Context) {
  await run(
    `CREATE TABLE ${table('rights_changes')} (
      epoch INTEGER NOT NULL PRIMARY KEY, subject ${text} NOT NULL, nonce INTEGER NOT NULL
    )`,
  )
}

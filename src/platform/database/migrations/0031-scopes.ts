import type { Context } from './context.js'

/**
 * Scopes of one's own, for services behind this one. A row whose time of removal is set is worth nothing, and keeps its name from
 * being given again before the last token has lost it.
 */
export async function up({ text, time, ofType, table, run }: Context) {
  await run(`CREATE TABLE ${table('scopes')} (
    name ${text} PRIMARY KEY NOT NULL CHECK (length(name) BETWEEN 3 AND 127 AND ${ofType('name', 'text')}),
    folded ${text} NOT NULL UNIQUE,
    description ${text} NOT NULL CHECK (length(description) <= 200 AND ${ofType('description', 'text')}),
    removed_at ${time}
  )`)
}

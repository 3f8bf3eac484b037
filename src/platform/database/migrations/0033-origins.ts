import type { Context } from './context.js'

/**
 * What came from another service: what its row became here, so that a second import brings nothing twice and revives nothing. A
 * row stays when its target goes, and holds no secret: a token is named by the digest that is kept of it here too.
 */
export async function up({ text, ofType, table, run }: Context) {
  await run(`CREATE TABLE ${table('origins')} (
    source ${text} NOT NULL CHECK (length(source) BETWEEN 1 AND 50 AND ${ofType('source', 'text')}),
    kind ${text} NOT NULL CHECK (kind IN ('user', 'group', 'token', 'row', 'ids')),
    origin ${text} NOT NULL CHECK (length(origin) BETWEEN 1 AND 200 AND ${ofType('origin', 'text')}),
    target_id INTEGER NOT NULL,
    brought ${text} NOT NULL,
    PRIMARY KEY (source, kind, origin)
  )`)
}

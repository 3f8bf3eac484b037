import type { Context } from './context.js'

/** The audit trail: rows that are linked to the row before and marked under a key, and the signed ends of the chain. */
export async function up({ text, time, table, run }: Context) {
  await run(`CREATE TABLE ${table('events')} (
    id INTEGER PRIMARY KEY NOT NULL,
    at ${time} NOT NULL,
    actor_id INTEGER,
    actor ${text} NOT NULL,
    action ${text} NOT NULL,
    object ${text} NOT NULL,
    outcome ${text} NOT NULL CHECK (outcome IN ('done', 'refused')),
    address ${text} NOT NULL,
    request_id ${text},
    detail ${text} NOT NULL,
    link ${text} NOT NULL,
    key_id ${text} NOT NULL REFERENCES ${table('keys')} (id),
    mark ${text} NOT NULL
  )`)
  await run(`CREATE INDEX events_at ON ${table('events')} (at, id)`)
  await run(`CREATE INDEX events_object ON ${table('events')} (object, id)`)
  await run(`CREATE TABLE ${table('event_ends')} (
    name ${text} PRIMARY KEY NOT NULL CHECK (name IN ('first', 'last')),
    event_id INTEGER NOT NULL,
    link ${text} NOT NULL,
    key_id ${text} REFERENCES ${table('keys')} (id),
    signature ${text}
  )`)
  await run(`INSERT INTO ${table('event_ends')} (name, event_id, link) VALUES ('first', 0, ''), ('last', 0, '')`)
}

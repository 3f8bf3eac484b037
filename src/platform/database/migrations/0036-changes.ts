import type { Context } from './context.js'

/**
 * What each change of a row was, field by field. Apart from the chain of events, which keeps no values: such a row can be erased. It
 * refers to no key and no user, because a reference would lock what it refers to. The index begins with the object, the one thing
 * that is looked for; what is newest of all the primary key gives.
 */
export async function up({ dialect, id, text, time, table, run }: Context) {
  // An integer of PostgreSQL ends with the 2,147,483,647th row.
  const large = dialect === 'postgres' ? 'BIGINT' : 'INTEGER'
  await run(`CREATE TABLE ${table('changes')} (
    id ${id.replace('INTEGER', large)},
    at ${time} NOT NULL,
    actor_id INTEGER,
    actor ${text} NOT NULL,
    actor_kind ${text} NOT NULL
      CHECK (actor_kind IN ('user', 'command', 'service', 'setup', 'stranger', 'several', 'holder')),
    action ${text} NOT NULL CHECK (action IN ('created', 'changed', 'deleted')),
    resource ${text} NOT NULL,
    object ${text} NOT NULL,
    of_user_id INTEGER,
    fields ${text} NOT NULL,
    request_id ${text},
    salt ${text},
    key_id ${text} NOT NULL,
    mark ${text} NOT NULL
  )`)
  await run(`CREATE INDEX changes_object ON ${table('changes')} (object, id)`)
  await run(`ALTER TABLE ${table('events')} ADD COLUMN change_id ${large}`)
  await run(`ALTER TABLE ${table('events')} ADD COLUMN change_digest ${text}`)
  await run(`ALTER TABLE ${table('events')} ADD COLUMN fields ${text}`)
}

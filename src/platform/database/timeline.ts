import type pg from 'pg'
import { ConnectionError } from 'sequelize'
import type { PostgresConfig } from '../postgres-url.js'
import { openClient } from './servers.js'

/** The newest timeline that this process has seen of each database cluster, by the cluster's identifier. */
const newest = new Map<string, number>()

/**
 * Whether the functions are used. This ends when a server says that it does not have them, as some servers that only speak
 * PostgreSQL's protocol do, or that we may not call them.
 */
let isKnown = true

/** The SQLSTATEs of this case: insufficient_privilege, undefined_function, feature_not_supported. */
const CANNOT_SAY = ['42501', '42883', '0A000']

const SELECT = `SELECT system_identifier::text AS cluster, substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline
  FROM pg_control_system()`

/** Milliseconds for which a survey waits for each server. */
const PATIENCE = 1000

/**
 * The server was the primary once, and another one has been promoted since. Rights that were taken away on that one still exist
 * here.
 */
export class OldPrimaryError extends ConnectionError {
  constructor(timeline: number, since: number) {
    super(
      new Error(
        `is an old primary: its timeline is ${timeline}, and another server was promoted to ${since}; ` +
          'make it a standby of that one (where a backup was restored on purpose, restart every node)',
      ),
    )
  }
}

/**
 * Refuses a primary with a lower timeline than was seen before, because it has come back from before a failover: a promotion
 * begins a timeline with a higher number (PostgreSQL's manual: Continuous Archiving, Timelines). Each process knows what it has
 * seen itself.
 * @param connection to a server that is not a standby
 * @throws {OldPrimaryError}
 */
export async function requireNewest(connection: pg.Client, milliseconds: number): Promise<void> {
  if (!isKnown) return
  let found: { cluster: string; timeline: string }
  try {
    const query = { text: SELECT, query_timeout: milliseconds }
    found = (await connection.query<typeof found>(query)).rows[0]!
  } catch (error) {
    if (!CANNOT_SAY.includes((error as { code?: string }).code ?? '')) throw error
    isKnown = false
    return
  }
  const timeline = Number.parseInt(found.timeline, 16)
  const before = newest.get(found.cluster) ?? 0
  if (timeline < before) throw new OldPrimaryError(timeline, before)
  newest.set(found.cluster, timeline)
}

let survey: Promise<unknown> | undefined

/**
 * Looks at all servers of the URL, once in a process, before its first connection. A process that starts after a failover would
 * otherwise trust an old primary that comes first in the URL.
 */
export async function surveyOnce(server: PostgresConfig): Promise<void> {
  if (server.places.length === 1) return
  survey ??= Promise.allSettled(server.places.map((place) => look({ ...server, places: [place] })))
  await survey
}

async function look(server: PostgresConfig) {
  const client = await openClient(server, 'primary', PATIENCE)
  await requireNewest(client, PATIENCE).finally(() => client.end())
}

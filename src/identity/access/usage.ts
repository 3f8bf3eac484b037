import type { Transaction } from 'sequelize'
import type { Actor } from '../../audit/actor.js'
import { type Act, Event } from '../../audit/event.js'
import { networkKey } from '../../platform/addresses.js'
import { isSqlite, sequelize } from '../../platform/database/connection.js'
import { timeText } from '../../platform/database/prepared-writes.js'
import { table } from '../../platform/database/tables.js'
import { write } from '../../platform/database/write-queue.js'
import { Token } from '../tokens/token.js'
import { TokenNetwork, TokenScope } from '../tokens/usage-rows.js'
import type { Principal } from './principal.js'

/** The most tokens whose use is remembered at a time. Beyond that, uses are not counted. */
const MOST = 20_000

/** How many tokens are written in one transaction, and how many networks of a token are remembered between two. */
const PIECE = 100
const NETWORKS = 50

/** One statement for a hundred tokens. With one of Sequelize's for each, two thousand took 4 s instead of 0.25 s (measured). */
const UPDATE_TOKENS = `UPDATE ${table('tokens')}
  SET last_used_at = used.at, last_used_from = used.address, last_used_agent = used.agent,
    use_count = use_count + used.count, old_use_count = old_use_count + used.old_count,
    old_last_used_at = COALESCE(used.old_at, old_last_used_at),
    old_last_used_from = COALESCE(used.old_address, old_last_used_from)
  FROM (${
    isSqlite
      ? `SELECT value->>'id' AS id, value->>'count' AS count, value->>'at' AS at, value->>'address' AS address,
           value->>'agent' AS agent, value->>'old_count' AS old_count, value->>'old_at' AS old_at,
           value->>'old_address' AS old_address
         FROM json_each($1)`
      : `SELECT * FROM json_to_recordset($1) AS row (id integer, count bigint, at timestamptz, address text, agent text,
           old_count bigint, old_at timestamptz, old_address text)`
  }) AS used
  WHERE tokens.id = used.id`

interface Use {
  count: number
  at: Date
  from: string
  agent: string
  old?: { count: number; at: Date; from: string }
  scopes: Set<string>
  networks: Map<string, { address: string; name: string; userId: number }>
}

let uses = new Map<number, Use>()

/** Notes a use in memory. A request never waits for this. */
export function noteUse(
  { token: { id, kind }, user, isOldValue }: Pick<Principal, 'token' | 'user' | 'isOldValue'>,
  { address, agent, scopes }: { address: string; agent: string; scopes: readonly string[] },
): void {
  let use = uses.get(id)
  if (!use) {
    if (uses.size >= MOST) return
    use = { count: 0, at: new Date(), from: '', agent: '', scopes: new Set(), networks: new Map() }
    uses.set(id, use)
  }
  const isElsewhere = use.from !== address
  use.count++
  use.at = new Date()
  use.from = address
  use.agent = agent.slice(0, 200)
  if (isOldValue) use.old = { count: (use.old?.count ?? 0) + 1, at: use.at, from: address }
  for (const scope of scopes) use.scopes.add(scope)
  // The event of a sign-in already says from where it was.
  if (kind === 'session' || !isElsewhere) return
  const network = networkKey(address)
  if (!use.networks.has(network) && use.networks.size < NETWORKS)
    use.networks.set(network, { address, name: user.username, userId: user.id })
}

/** Writes the uses, a hundred tokens in a transaction. Uses that cannot be written are kept for the next time. */
export async function writeUses(): Promise<void> {
  if (uses.size === 0) return
  // The order is the same everywhere, so that two processes never wait for each other.
  const due = [...uses].sort(([a], [b]) => a - b)
  uses = new Map()
  for (let start = 0; start < due.length; start += PIECE) {
    const piece = due.slice(start, start + PIECE)
    try {
      await write((transaction) => writePiece(piece, transaction))
    } catch (error) {
      for (const [id, use] of due.slice(start)) keep(id, use)
      throw error
    }
  }
}

/** Joins uses that could not be written with those that were noted since. */
function keep(id: number, earlier: Use) {
  const use = uses.get(id)
  if (!use) return void uses.set(id, earlier)
  use.count += earlier.count
  if (earlier.old) use.old = { ...(use.old ?? earlier.old), count: (use.old?.count ?? 0) + earlier.old.count }
  for (const scope of earlier.scopes) use.scopes.add(scope)
  for (const [network, first] of earlier.networks) use.networks.set(network, first)
}

/** Locks come in one order: first the tokens by id, then the end of the trail, which a revocation locks after its token. */
async function writePiece(piece: [number, Use][], transaction: Transaction) {
  const where = { id: piece.map(([id]) => id) }
  const found = await Token.findAll({ attributes: ['id'], where, order: ['id'], lock: true, transaction, raw: true })
  // A token may have been deleted with its user in the meantime.
  const there = new Set(found.map(({ id }) => id))
  const used = piece.filter(([id]) => there.has(id))
  await sequelize.query(UPDATE_TOKENS, { bind: [JSON.stringify(used.map(rowOf))], transaction })
  const scopes = used.flatMap(([tokenId, { scopes, at }]) =>
    [...scopes].map((scope) => ({ tokenId, scope, lastUsedAt: at })),
  )
  await TokenScope.bulkCreate(scopes, { updateOnDuplicate: ['lastUsedAt'], transaction })
  await writeNetworks(used, transaction)
}

/** Writes networks, with an event for each new one. */
async function writeNetworks(used: [number, Use][], transaction: Transaction) {
  const where = { tokenId: used.map(([id]) => id) }
  const found = await TokenNetwork.findAll({ where, transaction, raw: true })
  const known = new Set(found.map(({ tokenId, network }) => `${tokenId} ${network}`))
  const fresh = used
    .flatMap(([tokenId, { networks }]) => [...networks].map(([network, first]) => ({ tokenId, network, first })))
    .filter(({ tokenId, network }) => !known.has(`${tokenId} ${network}`))
  await TokenNetwork.bulkCreate(fresh, { ignoreDuplicates: true, transaction })
  const records = fresh.map(({ tokenId, network, first: { address, name, userId } }): [Actor, Act] => [
    { id: userId, name, address, requestId: null },
    { action: 'token.new_network', object: `token:${tokenId}`, detail: network },
  ])
  await Event.recordAll(records, transaction)
}

function rowOf([id, { count, at, from, agent, old }]: [number, Use]) {
  return {
    id,
    count,
    at: timeText(at),
    address: from,
    agent,
    old_count: old?.count ?? 0,
    old_at: old && timeText(old.at),
    old_address: old?.from,
  }
}

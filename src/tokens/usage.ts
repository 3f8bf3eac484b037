import type { Transaction } from 'sequelize'
import { write } from '../database.js'
import { type Act, type Actor, Event } from '../events/event.js'
import { networkKey } from '../users/address.js'
import type { Principal } from './principal.js'
import { Token } from './token.js'
import { TokenNetwork, TokenScope } from './usage-rows.js'

/** Tokens whose use is remembered at a time; beyond it a use is not counted. */
const MOST = 20_000

/** Tokens that are written in one transaction, and networks of a token that are remembered between two. */
const PIECE = 100
const NETWORKS = 50

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

/** Remembers a use in memory: a request never waits for it. */
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
  use.count++
  use.at = new Date()
  use.from = address
  use.agent = agent.slice(0, 200)
  if (isOldValue) use.old = { count: (use.old?.count ?? 0) + 1, at: use.at, from: address }
  for (const scope of scopes) use.scopes.add(scope)
  // Where somebody signs in is told by that event.
  if (kind === 'session') return
  const network = networkKey(address)
  if (!use.networks.has(network) && use.networks.size < NETWORKS)
    use.networks.set(network, { address, name: user.username, userId: user.id })
}

/** Writes what was remembered, a hundred tokens a transaction; what cannot be written now is kept for the next time. */
export async function writeUses(): Promise<void> {
  if (uses.size === 0) return
  // In one order everywhere, so that two processes never wait for each other.
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

/** Joins what could not be written with what has been noted since. */
function keep(id: number, earlier: Use) {
  const use = uses.get(id)
  if (!use) return void uses.set(id, earlier)
  use.count += earlier.count
  if (earlier.old) use.old = { ...(use.old ?? earlier.old), count: (use.old?.count ?? 0) + earlier.old.count }
  for (const scope of earlier.scopes) use.scopes.add(scope)
  for (const [network, first] of earlier.networks) use.networks.set(network, first)
}

/** The events come last: they hold the end of the trail, which a revocation takes after its token. */
async function writePiece(piece: [number, Use][], transaction: Transaction) {
  const events: { actor: Actor; act: Act }[] = []
  for (const [id, use] of piece) events.push(...(await writeUse(id, use, transaction)))
  for (const { actor, act } of events) await Event.record(actor, act, transaction)
}

/** @returns the events of networks that are new */
async function writeUse(id: number, { count, at, from, agent, old, scopes, networks }: Use, transaction: Transaction) {
  const [updated] = await Token.update(
    {
      lastUsedAt: at,
      lastUsedFrom: from,
      lastUsedAgent: agent,
      ...(old && { oldLastUsedAt: old.at, oldLastUsedFrom: old.from }),
    },
    { where: { id }, transaction },
  )
  // The token may have gone with its user in the meantime.
  if (updated === 0) return []
  await Token.increment({ useCount: count, oldUseCount: old?.count ?? 0 }, { where: { id }, transaction })
  const rows = [...scopes].map((scope) => ({ tokenId: id, scope, lastUsedAt: at }))
  await TokenScope.bulkCreate(rows, { updateOnDuplicate: ['lastUsedAt'], transaction })
  const found = await TokenNetwork.findAll({ where: { tokenId: id }, transaction })
  const known = new Set(found.map(({ network }) => network))
  const fresh = [...networks].filter(([network]) => !known.has(network))
  await TokenNetwork.bulkCreate(
    fresh.map(([network]) => ({ tokenId: id, network })),
    { ignoreDuplicates: true, transaction },
  )
  return fresh.map(([network, { address, name, userId }]) => ({
    actor: { id: userId, name, address, requestId: null },
    act: { action: 'token.new_network', object: `token:${id}`, detail: network } as const,
  }))
}

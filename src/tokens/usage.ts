import type { Transaction } from 'sequelize'
import { write } from '../database.js'
import { Event } from '../events/event.js'
import { networkKey } from '../users/address.js'
import { Token } from './token.js'
import { TokenNetwork, TokenScope } from './usage-rows.js'

/** Tokens whose use is remembered at a time; beyond it a use is not counted. */
const MOST = 20_000

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
  { id, user, isOldValue }: { id: number; user: { id: number; username: string }; isOldValue: boolean },
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
  const network = networkKey(address)
  if (!use.networks.has(network)) use.networks.set(network, { address, name: user.username, userId: user.id })
}

/** Writes what was remembered, in one transaction; what cannot be written now is kept for the next time. */
export async function writeUses(): Promise<void> {
  if (uses.size === 0) return
  const due = uses
  uses = new Map()
  try {
    await write(async (transaction) => {
      for (const [id, use] of due) await writeUse(id, use, transaction)
    })
  } catch (error) {
    for (const [id, use] of due) if (!uses.has(id) && uses.size < MOST) uses.set(id, use)
    throw error
  }
}

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
  if (updated === 0) return
  await Token.increment({ useCount: count, oldUseCount: old?.count ?? 0 }, { where: { id }, transaction })
  const rows = [...scopes].map((scope) => ({ tokenId: id, scope, lastUsedAt: at }))
  await TokenScope.bulkCreate(rows, { updateOnDuplicate: ['lastUsedAt'], transaction })
  const known = new Set(
    (await TokenNetwork.findAll({ where: { tokenId: id }, transaction })).map(({ network }) => network),
  )
  for (const [network, { address, name, userId }] of networks) {
    if (known.has(network)) continue
    await TokenNetwork.bulkCreate([{ tokenId: id, network }], { ignoreDuplicates: true, transaction })
    const actor = { id: userId, name, address, requestId: null }
    await Event.record(actor, { action: 'token.new_network', object: `token:${id}`, detail: network }, transaction)
  }
}

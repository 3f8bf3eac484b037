import type { Transaction } from 'sequelize'
import { act } from '../audit/act.js'
import type { Actor } from '../audit/actor.js'
import { EVERYONE, Group } from '../identity/groups/group.js'
import { takeIds } from '../platform/database/given-ids.js'
import { insertManyIn } from '../platform/database/many-rows.js'
import { plainName } from '../platform/names.js'
import { Origin, originsOf } from './origins.js'
import { LeftOuts, shown } from './person.js'
import { patiently } from './pieces.js'

/** A group of another service. */
export interface ForeignGroup {
  origin: string
  name: string
}

export interface GroupsPlan {
  source: string
  fresh: ForeignGroup[]
  unchanged: number
  /** What each is called here, by its origin; one that is left out has no entry. */
  names: Map<string, string>
  leftOut: LeftOuts
  altered: LeftOuts
}

const LONGEST = 150

/**
 * Which groups an import would make: all without scopes, because nobody's rights here follow from what a name meant elsewhere. So
 * a group that is here already, and may have scopes, takes in nobody: the one that comes gets a name of its own.
 */
export async function planGroups(groups: ForeignGroup[], source: string): Promise<GroupsPlan> {
  const plan: GroupsPlan = {
    source,
    fresh: [],
    unchanged: 0,
    names: new Map(),
    leftOut: new LeftOuts(),
    altered: new LeftOuts(),
  }
  const came = await originsOf(
    source,
    'group',
    groups.map(({ origin }) => origin),
  )
  const here = await Group.findAll({ raw: true })
  const byId = new Map(here.map((group) => [group.id, group]))
  const taken = new Set([EVERYONE, ...here.map(({ name }) => name)])
  const seen = new Set<string>()
  for (const { origin, name: given } of groups) {
    if (seen.has(origin)) {
      plan.leftOut.add('group', 'its key is in the source twice', shown(given))
      continue
    }
    seen.add(origin)
    const known = came.get(origin)
    const group = known && byId.get(known.targetId)
    if (group) {
      plan.names.set(origin, group.name)
      plan.unchanged++
    } else if (known) plan.leftOut.add('group', 'it came before and was deleted here', shown(given))
    else add({ origin, name: given }, taken, plan)
  }
  return plan
}

function add({ origin, name: given }: ForeignGroup, taken: Set<string>, plan: GroupsPlan) {
  const plain = plainName(given)
  const isUsable = plain !== '' && [...plain].length <= LONGEST && plain.isWellFormed() && !plain.includes('\0')
  if (!isUsable) return plan.leftOut.add('group', 'its name is none that can be kept', shown(given))
  const isFree = !taken.has(plain) && plain.normalize('NFKC').toLowerCase() !== EVERYONE
  const name = isFree ? plain : `${plain} (${plan.source})`
  if (taken.has(name) || [...name].length > LONGEST)
    return plan.leftOut.add('group', 'there is a group with its name here', shown(given))
  if (!isFree) plan.altered.add('group', `its name is taken here: it came with (${plan.source}) after it`, shown(given))
  taken.add(name)
  plan.names.set(origin, name)
  plan.fresh.push({ origin, name })
}

/** Makes the groups that are not here yet. */
export async function writeGroups({ source, fresh }: GroupsPlan, actor: Actor): Promise<void> {
  if (fresh.length === 0) return
  const what = () =>
    ({ action: 'groups.imported', object: `import:${source}`, detail: `${fresh.length} groups` }) as const
  const write = async (transaction: Transaction) => {
    const ids = await takeIds(transaction, Group, fresh.length)
    await insertManyIn(
      transaction,
      Group,
      fresh.map(({ name }, index) => ({ id: ids[index]!, name, scopes: '' })),
    )
    const origins = fresh.map(({ origin }, index) => ({
      source,
      kind: 'group' as const,
      origin,
      targetId: ids[index]!,
      brought: '',
    }))
    await insertManyIn(transaction, Origin, origins)
  }
  await patiently(() => act({ actor, what }, write))
}

/** The ids of groups by their names, locked against a deletion until the end of the transaction. */
export async function groupIdsIn(names: string[], transaction: Transaction): Promise<Map<string, number>> {
  if (names.length === 0) return new Map()
  const where = { name: [...new Set(names)] }
  const groups = await Group.findAll({ where, order: ['name'], transaction, lock: transaction.LOCK.SHARE, raw: true })
  return new Map(groups.filter(({ name }) => name !== EVERYONE).map(({ id, name }) => [name, id]))
}

import type { GroupsPlan } from './groups.js'
import { type KeptIds, keptId } from './kept-ids.js'
import type { MoreHere } from './more-here.js'
import type { PeoplePlan } from './people.js'
import type { LeftOut, LeftOuts } from './person.js'
import type { RowsReport } from './rows.js'

/**
 * The result of an import, or what it would be: counts by kind, and what was left out. It has no value, no hash and no email
 * address.
 */
export interface Report {
  outcome: 'done' | 'refused' | 'stopped'
  dry_run: boolean
  came: Record<string, number>
  unchanged: Record<string, number>
  conflicts: LeftOut[]
  left_out: LeftOut[]
  altered: LeftOut[]
  more_here: MoreHere[]
  rows: RowsReport[]
}

interface Found {
  groups: GroupsPlan
  plan: PeoplePlan
  ids: KeptIds
  leftOut: LeftOuts
  outcome: Report['outcome']
  dryRun: boolean
  more: MoreHere[]
  rows: RowsReport[]
}

export function reportOf({ groups, plan, ids, leftOut, outcome, dryRun, more, rows }: Found): Report {
  const { fresh, known } = plan
  const count = (wanted: (person: { password?: string }) => unknown) =>
    fresh.filter(wanted).length + known.filter(wanted).length
  const tokens = { account: 0, personal: 0 }
  for (const people of [fresh, known]) for (const person of people) for (const { kind } of person.tokens) tokens[kind]++
  return {
    outcome,
    dry_run: dryRun,
    came: {
      users: fresh.length,
      ids_kept: fresh.filter((person) => keptId(person, ids) > 0).length,
      passwords: count(({ password }) => password !== undefined),
      rights_changed: known.filter(({ rights }) => rights).length,
      account_tokens: tokens.account,
      personal_tokens: tokens.personal,
      groups: groups.fresh.length,
    },
    unchanged: { users: plan.unchanged, tokens: plan.tokensUnchanged, groups: groups.unchanged },
    conflicts: plan.conflicts.list(),
    left_out: [
      ...leftOut.list(),
      ...plan.leftOut.list(),
      ...groups.leftOut.list(),
      ...rows.flatMap(({ left_out }) => left_out),
    ],
    altered: [...plan.altered.list(), ...groups.altered.list()],
    more_here: more,
    rows,
  }
}

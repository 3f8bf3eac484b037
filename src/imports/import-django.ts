import type { Actor } from '../audit/actor.js'
import type { Project } from './django.js'
import { groupsOf, peopleOf } from './django-people.js'
import { planGroups, writeGroups } from './groups.js'
import { keptId, keptIds } from './kept-ids.js'
import { planPeople } from './people.js'
import { LeftOuts } from './person.js'
import { type Report, reportOf } from './report.js'
import { writePeople } from './write-people.js'

const SOURCE = 'django'

export interface Choices {
  actor: Actor
  dryRun: boolean
  conflicts: 'refuse' | 'skip'
  /** Milliseconds that a new token lives at most. */
  maxAge: number | undefined
  /** Is told how many users are written, of how many, and says whether to stop. */
  onPiece: (done: number, all: number) => 'go on' | 'stop'
}

/** Brings what a Django project has: groups, then users with their passwords, rights and tokens. */
export async function importDjango(project: Project, choices: Choices): Promise<Report> {
  const { actor, dryRun, conflicts, maxAge, onPiece } = choices
  const leftOut = new LeftOuts()
  const groups = await planGroups(groupsOf(project), SOURCE)
  const plan = await planPeople(peopleOf(project, groups.names, leftOut), SOURCE)
  const ids = await keptIds(plan.fresh, SOURCE)
  plan.fresh.sort(
    (one, other) =>
      (keptId(one, ids) || Number.POSITIVE_INFINITY) - (keptId(other, ids) || Number.POSITIVE_INFINITY) || 0,
  )
  const isRefused = conflicts === 'refuse' && plan.conflicts.list().length > 0
  let isWhole = true
  if (!isRefused && !dryRun) {
    await writeGroups(groups, actor)
    const all = plan.fresh.length + plan.known.length
    let done = 0
    const told = (count: number) => {
      done += count
      return onPiece(done, all)
    }
    isWhole = await writePeople(plan, { actor, ids, maxAge, onPiece: told })
  }
  return reportOf({ groups, plan, ids, leftOut, outcome: isRefused ? 'refused' : isWhole ? 'done' : 'stopped', dryRun })
}

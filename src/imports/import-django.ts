import type { Actor } from '../audit/actor.js'
import type { Project } from './django.js'
import { groupsOf, peopleOf } from './django-people.js'
import { planGroups, writeGroups } from './groups.js'
import { type KeptIds, keptId, keptIds } from './kept-ids.js'
import { moreHere } from './more-here.js'
import { planPeople } from './people.js'
import { LeftOuts, type Person } from './person.js'
import { type Report, reportOf } from './report.js'
import { PlannedValues, parentsFirst } from './row-references.js'
import { planRows, type RowsWish, rowsReport, writeRows } from './rows.js'
import { writePeople } from './write-people.js'

const SOURCE = 'django'

export interface Choices {
  actor: Actor
  dryRun: boolean
  conflicts: 'refuse' | 'skip'
  /** The longest lifetime of a new token, in milliseconds. */
  maxAge: number | undefined
  /** The resources that get the rows of tables. */
  resources: RowsWish[]
  /** Gets how many of how many users and rows are written, and says whether to stop. */
  onPiece: (done: number, all: number) => 'go on' | 'stop'
}

/** Imports a Django project: groups, then users with their passwords, rights and tokens. */
export async function importDjango(project: Project, choices: Choices): Promise<Report> {
  const { actor, dryRun, conflicts, maxAge, resources, onPiece } = choices
  const leftOut = new LeftOuts()
  const more = await moreHere(project, new Map(resources.map(({ resource, table }) => [resource, table])))
  const groups = await planGroups(groupsOf(project), SOURCE)
  const plan = await planPeople(peopleOf(project, groups.names, leftOut), SOURCE)
  const ids = await keptIds(plan.fresh, SOURCE)
  plan.fresh.sort((one, other) => place(one, ids) - place(other, ids))
  const rowPlans: Awaited<ReturnType<typeof planRows>>[] = []
  const planned = new PlannedValues()
  for (const wish of parentsFirst(resources))
    rowPlans.push(await planRows(wish, project.rows.get(wish.table) ?? [], { source: SOURCE, planned }))
  const isRefused = conflicts === 'refuse' && plan.conflicts.list().length > 0
  // The report is made before anything is written, because written users are released from memory.
  const report = reportOf({
    groups,
    plan,
    ids,
    leftOut,
    outcome: isRefused ? 'refused' : 'done',
    dryRun,
    more,
    rows: rowPlans.map(rowsReport),
  })
  if (isRefused || dryRun) return report
  const all = plan.fresh.length + plan.known.length + rowPlans.reduce((sum, { fresh }) => sum + fresh.length, 0)
  let done = 0
  const told = (count: number) => {
    done += count
    return onPiece(done, all)
  }
  await writeGroups(groups, actor)
  let isWhole = await writePeople(plan, { actor, ids, maxAge, onPiece: told })
  for (const rows of rowPlans) isWhole &&= await writeRows(rows, { source: SOURCE, actor, onPiece: told })
  return isWhole ? report : { ...report, outcome: 'stopped' }
}

/** Users who keep their ids come first, in the order of the ids. */
function place(person: Person, ids: KeptIds): number {
  return keptId(person, ids) || Number.MAX_SAFE_INTEGER
}

import type { Actor } from '../audit/actor.js'
import { EVERYONE, Group } from '../identity/groups/group.js'
import { textOf } from '../identity/scopes/grammar.js'
import { unknownScope } from '../identity/scopes/own-scope.js'
import { nameComplaint, plainName } from '../platform/names.js'
import { listOfCell } from './csv-list.js'
import { type Choices, type CsvReport, isRefused, labelOf, readWhole } from './csv-report.js'
import { LeftOuts } from './person.js'

const COLUMNS = { known: ['id', 'name', 'scopes'], required: ['name', 'scopes'] }

interface Read {
  label: string
  name: string
  scopes: string[]
}

/**
 * Imports the groups of a file with their scopes. They get new ids. An existing group is never changed: one with the same scopes
 * is counted, and one with others is a conflict.
 * @param bytes of a file, a pipe or a request
 */
export async function importGroups(
  bytes: AsyncIterable<Uint8Array>,
  actor: Actor,
  choices: Choices,
): Promise<CsvReport> {
  const [errors, conflicts] = [new LeftOuts(), new LeftOuts()]
  const groups: Read[] = []
  await readWhole(bytes, COLUMNS, errors, async ({ line, cells }) => {
    const read = { label: labelOf(line), name: plainName(cells.name ?? ''), scopes: listIn(cells.scopes ?? '') }
    const complaint = nameComplaint(read.name, 150)
    const scopes = read.scopes ? await unknownScope(read.scopes) : 'A list of scopes is required.'
    if (complaint) errors.add('name', complaint, read.label)
    if (scopes) errors.add('scopes', scopes, read.label)
    if (!complaint && read.scopes && !scopes) groups.push({ ...read, scopes: read.scopes })
  })
  const here = new Map((await Group.findAll({ raw: true })).map(({ name, scopes }) => [name, scopes]))
  const fresh: Read[] = []
  let unchanged = 0
  for (const group of groups) {
    const { name, label } = group
    const scopes = textOf(group.scopes)
    if (here.get(name) === scopes) unchanged++
    else if (here.has(name)) conflicts.add('group', 'there is one with this name, with other scopes', label)
    else if (looksLikeEveryone(name)) errors.add('name', 'This name looks like that of the built-in group.', label)
    else {
      here.set(name, scopes)
      fresh.push(group)
    }
  }
  const refused = isRefused(conflicts, errors, choices)
  let done = 0
  if (!refused && !choices.dryRun)
    for (const { name, scopes } of fresh) {
      await Group.add({ name, scopes }, actor)
      if (choices.onPiece(++done, fresh.length) === 'stop') break
    }
  const isStopped = !refused && !choices.dryRun && done < fresh.length
  return {
    outcome: refused ? 'refused' : isStopped ? 'stopped' : 'done',
    dry_run: choices.dryRun,
    came: { groups: fresh.length },
    unchanged,
    conflicts: conflicts.list(),
    errors: errors.list(),
    altered: [],
  }
}

function listIn(cell: string): string[] | undefined {
  try {
    return listOfCell(cell)
  } catch {
    return undefined
  }
}

function looksLikeEveryone(name: string): boolean {
  return name.normalize('NFKC').toLowerCase() === EVERYONE
}

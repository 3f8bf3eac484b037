import type { Model, ModelStatic } from 'sequelize'
import { countOf, recordChange } from '../api/change.js'
import { isOwned, OWNER } from '../api/owner.js'
import { brokenReferences, referredGone } from '../api/references.js'
import { taken } from '../api/unique.js'
import { type Actor, byOf } from '../audit/actor.js'
import { User } from '../identity/users/user.js'
import { lastId, reserveIds } from '../platform/database/given-ids.js'
import { atOneMoment } from '../platform/database/snapshot.js'
import { write } from '../platform/database/write-queue.js'
import { inPieces, rowsWith } from './origins.js'
import type { LeftOuts } from './person.js'
import { patiently } from './pieces.js'

/** Rows that are written in one transaction at most: so long SQLite keeps the service's own writers waiting, half a second. */
const TOGETHER = 10_000

/** Rows of one statement. */
const PIECE = 1000

/** What has to be known of a resource to bring rows into it. */
export interface Target {
  model: ModelStatic<Model>
  noun: string
  view: (row: object) => Record<string, unknown>
}

/** A row that was held to its wire type and to the rules of its own. */
export interface NewRow {
  label: string
  values: Record<string, unknown>
}

interface Found {
  conflicts: LeftOuts
  errors: LeftOuts
}

/** An operator sees every row. */
export const OPERATOR = {
  user: { user: { id: 0, isSuperuser: true } },
  operation: { operationId: '' },
  origin: '',
  path: '',
}

/**
 * Which rows are new: a row that is here and shows the same is counted, one that is here and shows something else is a conflict.
 * @param columns of the view that are compared
 */
export async function planRows(
  rows: NewRow[],
  { model, view }: Target,
  columns: string[],
  { conflicts, errors }: Found,
): Promise<{ fresh: NewRow[]; unchanged: number }> {
  const fresh: NewRow[] = []
  let unchanged = 0
  const unique = Object.entries(model.getAttributes()).filter(([, { unique, primaryKey }]) => unique || primaryKey)
  const counts = new Map(unique.map(([name]) => [name, countsOf(rows.map(({ values }) => values[name]))]))
  await inPieces(rows, async (piece) => {
    const here = await Promise.all(
      unique.map(async ([name]) => {
        const asked = piece.flatMap(({ values }) => (values[name] ?? []) as string[])
        const found = await rowsWith(model, name, asked)
        return [name, new Map(found.map((row) => [(row as Record<string, unknown>)[name], row]))] as const
      }),
    )
    for (const row of piece) {
      const twin = unique.find(([name]) => counts.get(name)!.get(row.values[name])! > 1)
      const found = new Set(
        here.flatMap(([name, byValue]) => byValue.get(row.values[name]) ?? []).map((each) => shown(each)),
      )
      if (twin) conflicts.add('row', `another line has the same ${twin[1].field}`, row.label)
      else if (found.size === 0) fresh.push(row)
      else if (found.size === 1 && found.has(shown(row.values))) unchanged++
      else conflicts.add('row', 'there is such a row here, with something else in it', row.label)
    }
  })
  await checkReferences(fresh, model, errors)
  return { fresh, unchanged }

  function shown(row: object): string {
    const whole = view(row)
    return JSON.stringify(columns.map((column) => whole[column]))
  }
}

/**
 * Writes rows that were planned: all at once, or more than ten thousand in several transactions, of which the next import completes
 * what a stop or a failure leaves.
 * @returns whether all of them are written
 */
export async function writeRows(
  rows: NewRow[],
  { model, noun }: Target,
  { actor, onPiece }: { actor: Actor; onPiece: (done: number) => 'go on' | 'stop' },
): Promise<boolean> {
  await keepIds(rows, model)
  const ordered = parentsFirst(rows, model)
  for (let at = 0; at < ordered.length; at += TOGETHER) {
    const together = ordered.slice(at, at + TOGETHER)
    await patiently(() =>
      write(async (transaction) => {
        for (let from = 0; from < together.length; from += PIECE) {
          const values = together.slice(from, from + PIECE).map((row) => row.values)
          await model
            .bulkCreate(values as never[], { transaction })
            .catch(taken(model, noun))
            .catch(referredGone(model))
        }
        const place = { resource: model.tableName, object: '' }
        await recordChange(transaction, byOf(actor), place, countOf(together.length))
      }),
    )
    if (onPiece(at + together.length) === 'stop') return at + together.length === ordered.length
  }
  return true
}

/** The table's own counter goes on behind ids that are given. */
async function keepIds(rows: NewRow[], model: ModelStatic<Model>) {
  const key = model.primaryKeyAttribute
  if (!model.getAttributes()[key]!.autoIncrement) return
  const most = rows.reduce((most, { values }) => Math.max(most, Number(values[key] ?? 0)), 0)
  if (most > (await lastId(model))) await write((transaction) => reserveIds(transaction, model, most))
}

async function checkReferences(rows: NewRow[], model: ModelStatic<Model>, errors: LeftOuts) {
  const own = selfReferences(model)
  const keys = new Set(rows.map(({ values }) => values[model.primaryKeyAttribute]))
  await inPieces(rows, async (piece) => {
    await checkOwners(piece, model, errors)
    const built = piece.map(({ values }) => model.build(values as never))
    const found = await atOneMoment((transaction) => brokenReferences(model, built, OPERATOR, transaction))
    for (const [index, fields] of found.entries())
      for (const [field, sentences] of Object.entries(fields)) {
        const isInFile = own.some(([name, attribute]) => attribute === field && keys.has(piece[index]!.values[name]))
        if (!isInFile) errors.add(field, sentences.join(' '), piece[index]!.label)
      }
  })
}

async function checkOwners(rows: NewRow[], model: ModelStatic<Model>, errors: LeftOuts) {
  if (!isOwned(model)) return
  const owners = rows.map(({ values }) => values[OWNER] as number)
  const there = new Set((await rowsWith(User, 'id', [...new Set(owners)])).map(({ id }) => id))
  for (const [index, owner] of owners.entries())
    if (!there.has(owner)) errors.add(OWNER, 'There is no such user.', rows[index]!.label)
}

/** A row after those of the file that it refers to; a statement may have them in any order, two statements not. */
function parentsFirst(rows: NewRow[], model: ModelStatic<Model>): NewRow[] {
  const own = selfReferences(model)
  if (own.length === 0) return rows
  const key = model.primaryKeyAttribute
  const waiting = new Map(rows.map((row) => [row.values[key], row]))
  const ordered: NewRow[] = []
  for (let before = -1; waiting.size > 0 && waiting.size !== before; ) {
    before = waiting.size
    for (const [value, row] of waiting)
      if (!own.some(([name]) => row.values[name] !== value && waiting.has(row.values[name]))) {
        waiting.delete(value)
        ordered.push(row)
      }
  }
  return [...ordered, ...waiting.values()]
}

/** @returns attribute and column of each */
function selfReferences(model: ModelStatic<Model>): [name: string, field: string][] {
  return Object.entries(model.getAttributes()).flatMap(([name, { field, references }]): [string, string][] => {
    const table = typeof references === 'object' ? references.model : references
    return table === model.tableName ? [[name, field!]] : []
  })
}

function countsOf(values: unknown[]): Map<unknown, number> {
  const counts = new Map<unknown, number>()
  for (const value of values) if (value !== null && value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

import { hash } from 'node:crypto'
import { DataTypes, type Model, type ModelStatic, type Transaction } from 'sequelize'
import { countOf, recordChange } from '../api/change.js'
import { sentenceOf, takenValues } from '../api/unique.js'
import { ownRules } from '../api/values.js'
import { act } from '../audit/act.js'
import { type Actor, byOf } from '../audit/actor.js'
import { lastId, reserveIds } from '../platform/database/given-ids.js'
import { insertManyIn } from '../platform/database/many-rows.js'
import { write } from '../platform/database/write-queue.js'
import { type FieldErrors, HttpError } from '../platform/failures.js'
import type { Row } from './django.js'
import { inPieces, Origin, originsOf } from './origins.js'
import { type LeftOut, LeftOuts, shown } from './person.js'
import { patiently } from './pieces.js'
import { type PlannedValues, whole } from './row-references.js'
import { valuesFor } from './row-values.js'

/** A resource that gets the rows of a table. */
export interface RowsWish {
  resource: string
  table: string
  model: ModelStatic<Model>
  /** The noun for a row, in the sentence about a value that is taken. */
  noun: string
  /**
   * Builds a row from a body, with all checks of the API.
   * @throws {HttpError} 400
   */
  rowOf: (body: object, beside: object) => Model
}

export interface RowsReport {
  resource: string
  came: number
  unchanged: number
  left_out: LeftOut[]
}

/** The most characters of a key that is kept as it is. */
const LONGEST = 180

interface Planned {
  key: string
  row: Model
}

interface RowsPlan {
  wish: RowsWish
  fresh: Planned[]
  unchanged: number
  leftOut: LeftOuts
}

/** Checks rows as a create in the API does. Rows that came before are not checked again. */
export async function planRows(
  wish: RowsWish,
  rows: { key: string; values: Row }[],
  { source, planned }: { source: string; planned: PlannedValues },
): Promise<RowsPlan> {
  const plan: RowsPlan = { wish, fresh: [], unchanged: 0, leftOut: new LeftOuts() }
  const { model, resource, noun } = wish
  await inPieces(rows, async (piece) => {
    const came = await originsOf(
      source,
      'row',
      piece.map(({ key }) => originOf(resource, key)),
    )
    const built: Planned[] = []
    for (const { key, values } of piece) {
      if (came.has(originOf(resource, key))) plan.unchanged++
      else {
        const row = await builtOf(wish, key, values)
        if (row instanceof Object && 'errors' in row) leave(plan, key, row.errors)
        else built.push({ key, row })
      }
    }
    const taken = await write((transaction) =>
      takenValues(
        model,
        built.map(({ row }) => row),
        noun,
        transaction,
      ),
    )
    for (const [index, item] of built.entries()) {
      const errors = { ...taken[index]!, ...takenBefore(item.row, wish, planned) }
      if (Object.keys(errors).length > 0) {
        leave(plan, item.key, errors)
        continue
      }
      for (const [name] of uniqueOf(model)) planned.of(model.tableName, name).add(item.row.get(name))
      plan.fresh.push(item)
    }
  })
  const left = (item: Planned, errors: FieldErrors) => leave(plan, item.key, errors)
  return { ...plan, fresh: await whole(plan.fresh, { model, planned, leave: left }) }
}

/** Values that are taken by an earlier row of this import. */
function takenBefore(row: Model, { model, noun }: RowsWish, planned: PlannedValues): FieldErrors {
  const taken = uniqueOf(model).filter(
    ([name]) => (row.get(name) ?? null) !== null && planned.of(model.tableName, name).has(row.get(name)),
  )
  return Object.fromEntries(taken.map(([, field]) => [field, [sentenceOf(noun, field)]]))
}

function uniqueOf(model: ModelStatic<Model>): [name: string, field: string][] {
  return Object.entries(model.getAttributes()).flatMap(([name, { field, unique, primaryKey }]): [string, string][] =>
    unique || primaryKey ? [[name, field!]] : [],
  )
}

/** @returns whether everything is written */
export async function writeRows(
  { wish, fresh }: RowsPlan,
  { source, actor, onPiece }: { source: string; actor: Actor; onPiece: (rows: number) => 'go on' | 'stop' },
): Promise<boolean> {
  const { model, resource } = wish
  let isStopped = false
  await inPieces(inOrder(model, fresh), async (piece) => {
    if (isStopped) return
    const what = () =>
      ({ action: 'rows.imported', object: `import:${source}`, detail: `${piece.length} ${resource}` }) as const
    await patiently(() =>
      act({ actor, what }, async (transaction) => {
        await insert(model, piece, { source, resource }, transaction)
        await recordChange(transaction, byOf(actor), { resource, object: '' }, countOf(piece.length))
      }),
    )
    isStopped = onPiece(piece.length) === 'stop'
  })
  return !isStopped
}

export function rowsReport({ wish, fresh, unchanged, leftOut }: RowsPlan): RowsReport {
  return { resource: wish.resource, came: fresh.length, unchanged, left_out: leftOut.list() }
}

async function builtOf({ model, rowOf }: RowsWish, key: string, found: Row): Promise<Model | { errors: FieldErrors }> {
  const values = valuesFor(model, key, found)
  const attribute = model.getAttributes()[model.primaryKeyAttribute]!
  // A body must not have a key that the database gives. Here it is kept, because other rows refer to it.
  const { [attribute.field!]: given, ...rest } = values
  const body = attribute.autoIncrement ? rest : values
  try {
    const row = rowOf(body, attribute.autoIncrement ? { [model.primaryKeyAttribute]: given } : {})
    const errors = await ownRules(row)
    return Object.keys(errors).length > 0 ? { errors } : row
  } catch (error) {
    if (error instanceof HttpError && error.extras.errors) return { errors: error.extras.errors }
    throw error
  }
}

function leave({ leftOut, wish }: RowsPlan, key: string, errors: FieldErrors) {
  for (const [field, sentences] of Object.entries(errors))
    leftOut.add(wish.resource, `${field}: ${sentences.join(' ')}`, shown(key))
}

/** Rows come after those that they refer to in their own table. */
function inOrder(model: ModelStatic<Model>, planned: Planned[]): Planned[] {
  const own = Object.entries(model.getAttributes()).filter(([, { references }]) => {
    const table = typeof references === 'string' ? references : references?.model
    return table === model.tableName
  })
  if (own.length === 0) return planned
  const key = model.primaryKeyAttribute
  const byKey = new Map(planned.map((item) => [item.row.get(key), item]))
  const sorted = new Set<Planned>()
  const visit = (item: Planned, path: Set<Planned>) => {
    if (sorted.has(item) || path.has(item)) return
    for (const [name] of own) {
      const parent = byKey.get(item.row.get(name))
      if (parent) visit(parent, path.add(item))
    }
    sorted.add(item)
  }
  for (const item of planned) visit(item, new Set())
  return [...sorted]
}

async function insert(
  model: ModelStatic<Model>,
  piece: Planned[],
  { source, resource }: { source: string; resource: string },
  transaction: Transaction,
): Promise<void> {
  const key = model.primaryKeyAttribute
  const names = Object.keys(model.getAttributes())
  const rows = piece.map(({ row }) => Object.fromEntries(names.map((name) => [name, row.get(name) ?? null])))
  await insertManyIn(transaction, model, rows as never)
  if (model.getAttributes()[key]!.type instanceof DataTypes.INTEGER && model.getAttributes()[key]!.autoIncrement) {
    const highest = piece.reduce((most, { row }) => Math.max(most, Number(row.get(key))), await lastId(model))
    await reserveIds(transaction, model, highest)
  }
  const origins = piece.map((planned) => ({
    source,
    kind: 'row' as const,
    origin: originOf(resource, planned.key),
    targetId: 0,
    brought: '',
  }))
  await insertManyIn(transaction, Origin, origins)
}

function originOf(resource: string, key: string): string {
  const isKept = key.length <= LONGEST && shown(key) === key && key.isWellFormed() && !key.includes('\0')
  return `${resource} ${isKept ? key : `name ${hash('sha256', key).slice(0, 32)}`}`
}

import { setTimeout as wait } from 'node:timers/promises'
import { type Model, type ModelStatic, Op, type Transaction } from 'sequelize'
import { isSqlite } from './connection.js'
import { write } from './write-queue.js'

/** How many rows are deleted in one short transaction. */
export const PIECE = 1000

/**
 * The same for rows whose index entries are spread over the whole file, as those of tokens are. On SQLite nothing else is written
 * meanwhile, and a thousand took 0.3 s on a busy machine (measured).
 */
const SPREAD = isSqlite ? 250 : PIECE

/** Rows that are deleted some time after nobody needs them any more. Several nodes may sweep at once. */
export interface Sweep {
  /** The label in the metrics and in the command. */
  kind: string
  /** How many are due. */
  due: () => Promise<number>
  /** Deletes at most `PIECE` of them. @returns how many, 0 when none is left */
  piece: (transaction: Transaction) => Promise<number>
}

/**
 * For the metrics, by kind: the rows that this process deleted, and when a sweep last came to its end, in milliseconds since
 * 1970.
 */
export const sweepCounts = new Map<string, { rows: number; endedAt?: number }>()

/**
 * Deletes due rows in pieces. After each piece it pauses for as long as the piece took, because on SQLite nothing else is written
 * meanwhile.
 * @param isStopped ends it after the current piece. The rest is deleted the next time
 * @param run writes a piece
 * @returns how many rows were deleted
 */
export async function sweep(
  { kind, piece }: Sweep,
  { isStopped = () => false, run = write }: { isStopped?: () => boolean; run?: typeof write<number> } = {},
): Promise<number> {
  for (let total = 0; ; ) {
    if (isStopped()) return total
    const started = performance.now()
    const count = await run(piece)
    noteSwept(kind, count)
    total += count
    if (count === 0) return total
    await wait(performance.now() - started)
  }
}

/**
 * Counts deleted rows.
 * @param rows 0 if nothing is left
 */
export function noteSwept(kind: string, rows: number): void {
  const { rows: before, endedAt } = sweepCounts.get(kind) ?? { rows: 0 }
  sweepCounts.set(kind, { rows: before + rows, endedAt: rows === 0 ? Date.now() : endedAt })
}

/**
 * Deletes rows with a time before a given one, the oldest first, with an index of that time. Rows that somebody else has locked
 * stay for the next time, so that it waits for nobody.
 * @returns how many, at most `SPREAD`
 */
export async function deleteBefore(
  model: ModelStatic<Model>,
  attribute: string,
  before: Date,
  transaction: Transaction,
): Promise<number> {
  const key = model.primaryKeyAttribute
  const due = await model.findAll({
    attributes: [key],
    where: { [attribute]: { [Op.lt]: before } },
    order: [attribute],
    limit: SPREAD,
    lock: transaction.LOCK.UPDATE,
    skipLocked: true,
    raw: true,
    transaction,
  })
  if (due.length === 0) return 0
  return model.destroy({ where: { [key]: due.map((row) => (row as never)[key]) }, transaction })
}

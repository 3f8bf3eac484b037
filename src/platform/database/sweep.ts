import { setTimeout as wait } from 'node:timers/promises'
import { type Model, type ModelStatic, Op, type Transaction } from 'sequelize'
import { write } from './write-queue.js'

/** Rows that are deleted in one short transaction. */
export const PIECE = 1000

/** Rows that go by themselves some time after nobody needs them any more. Several nodes may sweep at once. */
export interface Sweep {
  /** A label of the metrics, and what the command calls them. */
  kind: string
  /** How many are due. */
  due: () => Promise<number>
  /** Deletes at most `PIECE` of them. @returns how many, 0 when none is left */
  piece: (transaction: Transaction) => Promise<number>
}

/** Of this process by kind: rows that went, and when a sweep last came to its end, in milliseconds since 1970; for the metrics. */
export const sweepCounts = new Map<string, { rows: number; endedAt?: number }>()

/**
 * Deletes what is due in pieces, and leaves the database to others for as long as each of them took: on SQLite nothing else is
 * written meanwhile.
 * @param isStopped ends it after the piece at hand; what is left goes the next time
 * @returns how many rows went
 */
export async function sweep({ kind, piece }: Sweep, isStopped = () => false): Promise<number> {
  for (let total = 0; ; ) {
    if (isStopped()) return total
    const started = performance.now()
    const count = await write(piece)
    noteSwept(kind, count)
    total += count
    if (count === 0) return total
    await wait(performance.now() - started)
  }
}

/** Counts rows that went. @param rows 0 where nothing is left */
export function noteSwept(kind: string, rows: number): void {
  const { rows: before, endedAt } = sweepCounts.get(kind) ?? { rows: 0 }
  sweepCounts.set(kind, { rows: before + rows, endedAt: rows === 0 ? Date.now() : endedAt })
}

/**
 * Deletes rows whose time is before another one, the oldest first, by an index of it. What somebody else has locked stays for the next
 * time, so that it waits for nobody.
 * @returns how many, at most `PIECE`
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
    limit: PIECE,
    lock: transaction.LOCK.UPDATE,
    skipLocked: true,
    raw: true,
    transaction,
  })
  if (due.length === 0) return 0
  return model.destroy({ where: { [key]: due.map((row) => (row as never)[key]) }, transaction })
}

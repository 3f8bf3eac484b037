import { ConnectionError, DatabaseError, ForeignKeyConstraintError, TimeoutError, Transaction } from 'sequelize'
import { isSqlite, sequelize } from './connection.js'
import { POSTGRES, settle } from './postgres.js'

/** Milliseconds that a write on SQLite waits for its turn at most. */
const TURN = 4000

/** Writers that share one commit at most: bounds how long the first of them waits for the last. */
const GROUP_SIZE = 100

/** SQLSTATEs of a transaction that PostgreSQL undid for another one's sake: a deadlock, and what could not be in one order. */
const UNDONE = ['40P01', '40001']

/**
 * Runs a write in a transaction of its own and resolves after its commit; `work` passes the transaction to each query
 * and awaits nothing but the database, because on SQLite the writers of a process take turns. It is run a second time after
 * a deadlock, so it changes nothing but rows, and no instance of a model that it has not read itself.
 * @throws {TimeoutError} when its turn or its commit does not come in time; the write may then be done or not on PostgreSQL
 */
export function write<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  return isSqlite ? inTurn(work) : withDeadline(twice(work))
}

/** Groups that were committed, by how many writes each had; for the metrics. */
export const groupSizes = new Map<number, number>()

/** Writes that wait for their turn on SQLite; for the metrics. */
export const waitingWrites = (): number => waiters.length

/** Once more where PostgreSQL has undone it: the other transaction is over by then. */
function twice<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  const attempt = () =>
    sequelize.transaction(async (transaction) => {
      await settle(sequelize, transaction)
      return work(transaction)
    })
  return attempt().catch((error: unknown) => {
    if (isUndone(error)) return attempt()
    throw error
  })
}

function isUndone(error: unknown) {
  const { parent } = error as { parent?: { code?: string } }
  return UNDONE.includes(parent?.code ?? '')
}

interface Waiter {
  since: number
  work: (transaction: Transaction) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

const waiters: Waiter[] = []
let writing = false

/** SQLite has one writer: 50 parallel transactions take 0.34 s in turn; left to themselves 1 of 50 succeeds (measured). */
function inTurn<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    waiters.push({ since: performance.now(), work, resolve, reject })
    if (!writing) void writeAll()
  })
}

async function writeAll() {
  writing = true
  while (waiters.length > 0) await writeGroup(waiters.splice(0, GROUP_SIZE).filter(stillInTime))
  writing = false
}

function stillInTime({ since, reject }: Waiter) {
  const inTime = performance.now() - since < TURN
  if (!inTime) reject(timeout('no turn to write in time'))
  return inTime
}

/** One commit, and so one sync to disk, for the whole group; each writer has a savepoint and an outcome of its own. */
async function writeGroup(group: Waiter[]) {
  if (group.length === 0) return
  try {
    const answers = await sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, async (outer) => {
      const answers: (() => void)[] = []
      for (const { work, resolve, reject } of group) {
        try {
          const value = await sequelize.transaction({ transaction: outer }, work)
          answers.push(() => resolve(value as never))
        } catch (error) {
          // A full disk, say, ends SQLite's whole transaction: going on would commit each further statement by itself.
          if (endsTransaction(error)) throw error
          answers.push(() => reject(error))
        }
      }
      return answers
    })
    groupSizes.set(group.length, (groupSizes.get(group.length) ?? 0) + 1)
    for (const answer of answers) answer()
  } catch (error) {
    for (const { reject } of group) reject(error)
  }
}

function timeout(reason: string) {
  return new TimeoutError(Object.assign(new Error(reason), { sql: '' }))
}

function endsTransaction(error: unknown) {
  return (
    error instanceof ConnectionError ||
    (error instanceof DatabaseError && !(error instanceof ForeignKeyConstraintError))
  )
}

/** A hanging server answers neither the statement nor the rollback after it, which would double the wait. */
function withDeadline<Result>(result: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeout('the transaction did not end in time')), POSTGRES.write)
    result.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

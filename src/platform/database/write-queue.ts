import { setTimeout } from 'node:timers/promises'
import { ConnectionError, DatabaseError, ForeignKeyConstraintError, TimeoutError, Transaction } from 'sequelize'
import { bound, traced, unbound } from '../tracing.js'
import { isSqlite, sequelize } from './connection.js'
import { NAME_FAILED, POSTGRES, settle } from './postgres.js'
import { isReserveSpent, makeRoom } from './reserve.js'

/** The most milliseconds that a write on SQLite waits for its turn. */
const TURN = 4000

/** The most writers that share one commit. This limits how long the first of them waits for the last. */
const GROUP_SIZE = 100

/**
 * The SQLSTATEs of a transaction that PostgreSQL undid because of another one (a deadlock, or a serialization failure), or in
 * which a statement had a name that a pooler's server does not know.
 */
const UNDONE = ['40P01', '40001', ...NAME_FAILED]

/** How many times a write is run on PostgreSQL at most. Each deadlock costs the second after which the server looks for one. */
const ATTEMPTS = 3

/**
 * Milliseconds before a write is run again. The other transaction of a deadlock must wake up first. A row that an undone
 * transaction had is free to anybody, so without a pause the two can meet again (seen on a busy machine).
 */
const PAUSE = 30

/** SQLite's name for a disk without room. */
const FULL = 'SQLITE_FULL'

/**
 * Runs a write in its own transaction and resolves after its commit. `work` passes the transaction to each query and awaits
 * nothing but the database, because on SQLite the writers of a process take turns. It is run again after a deadlock, or after
 * room was made on a full disk. So it must change nothing but rows, and no instance of a model that it has not read itself.
 * @param purpose for a write that takes rights away. On a full disk only such a write may use the reserve
 * @throws {TimeoutError} if its turn or its commit does not come in time. On PostgreSQL, the write may then have been done or not
 */
export function write<Result>(
  work: (transaction: Transaction) => Promise<Result>,
  purpose: Purpose = 'any',
): Promise<Result> {
  return traced('transaction', {}, () => (isSqlite ? inTurn(work, purpose) : withDeadline(repeatedly(work))))
}

type Purpose = 'any' | 'take rights'

/** The number of committed groups, by how many writes each had, for the metrics. */
export const groupSizes = new Map<number, number>()

/** Writes that wait for their turn on SQLite, for the metrics. */
export const waitingWrites = (): number => waiters.length

async function repeatedly<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  const end = performance.now() + POSTGRES.write
  for (let attempt = 1; ; attempt++) {
    try {
      return await sequelize.transaction(async (transaction) => {
        await settle(sequelize, transaction)
        return work(transaction)
      })
    } catch (error) {
      if (attempt === ATTEMPTS || performance.now() > end || !UNDONE.includes(codeOf(error))) throw error
      await setTimeout(PAUSE)
    }
  }
}

function codeOf(error: unknown): string {
  const { parent } = error as { parent?: { code?: string } }
  return parent?.code ?? ''
}

interface Waiter {
  since: number
  purpose: Purpose
  work: (transaction: Transaction) => Promise<unknown>
  resolve: (value: never) => void
  reject: (error: unknown) => void
}

const waiters: Waiter[] = []
let writing = false

/** SQLite has one writer. 50 parallel transactions take 0.34 s if they take turns. Without turns, 1 of 50 succeeds (measured). */
function inTurn<Result>(work: (transaction: Transaction) => Promise<Result>, purpose: Purpose): Promise<Result> {
  return new Promise((resolve, reject) => {
    waiters.push({ since: performance.now(), purpose, work: bound(work), resolve, reject })
    if (!writing) void unbound(writeAll)
  })
}

async function writeAll() {
  writing = true
  while (waiters.length > 0) await writeGroup(waiters.splice(0, GROUP_SIZE).filter(stillInTime).filter(hasRoom))
  writing = false
}

function stillInTime({ since, reject }: Waiter) {
  const inTime = performance.now() - since < TURN
  if (!inTime) reject(timeout('no turn to write in time'))
  return inTime
}

function hasRoom({ purpose, reject }: Waiter) {
  const room = purpose === 'take rights' || !isReserveSpent()
  if (!room)
    reject(
      new DatabaseError(
        Object.assign(new Error('the disk of the database is full; free some of it'), { code: FULL, sql: '' }),
      ),
    )
  return room
}

/**
 * Makes one commit, and so one sync to disk, for the whole group. If there are several writers, each has its own savepoint and
 * result.
 */
async function writeGroup(group: Waiter[], room: 'as it is' | 'made' = 'as it is') {
  if (group.length === 0) return
  // A savepoint protects the other writers. A single writer is undone by the transaction itself.
  const isAlone = group.length === 1
  try {
    const answers = await sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, async (outer) => {
      const answers: (() => void)[] = []
      for (const { work, resolve, reject } of group) {
        try {
          const value = await (isAlone ? work(outer) : sequelize.transaction({ transaction: outer }, work))
          answers.push(() => resolve(value as never))
        } catch (error) {
          // Some errors, such as a full disk, end SQLite's whole transaction. Going on would commit each further statement by
          // itself.
          if (isAlone || endsTransaction(error)) throw error
          answers.push(() => reject(error))
        }
      }
      return answers
    })
    groupSizes.set(group.length, (groupSizes.get(group.length) ?? 0) + 1)
    for (const answer of answers) answer()
  } catch (error) {
    const isFull = room === 'as it is' && codeOf(error) === FULL
    const again = isFull ? group.filter(takesRights) : []
    for (const waiter of group) if (!again.includes(waiter)) waiter.reject(error)
    if (again.length === 0) return
    await makeRoom()
    await writeGroup(again, 'made')
  }
}

function takesRights({ purpose }: Waiter) {
  return purpose === 'take rights'
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

/** A hanging server does not answer the rollback either, which would double the wait. */
function withDeadline<Result>(result: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(() => reject(timeout('the transaction did not end in time')), POSTGRES.write)
    result.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

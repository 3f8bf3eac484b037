import { setTimeout } from 'node:timers/promises'
import { ConnectionError, DatabaseError, ForeignKeyConstraintError, TimeoutError, Transaction } from 'sequelize'
import { bound, traced, unbound } from '../tracing.js'
import { isSqlite, sequelize } from './connection.js'
import { NAME_FAILED, POSTGRES, settle } from './postgres.js'
import { isReserveSpent, makeRoom } from './reserve.js'

/** Milliseconds that a write on SQLite waits for its turn at most. */
const TURN = 4000

/** Writers that share one commit at most: bounds how long the first of them waits for the last. */
const GROUP_SIZE = 100

/**
 * SQLSTATEs of a transaction that PostgreSQL undid for another one's sake, by a deadlock or for want of one order, or whose
 * statement had a name that a pooler's server does not know.
 */
const UNDONE = ['40P01', '40001', ...NAME_FAILED]

/** Times that a write is run on PostgreSQL at most. Each deadlock costs the second after which the server looks for one. */
const ATTEMPTS = 3

/**
 * Milliseconds before a write is run again. The other transaction of a deadlock has to wake up first: a row that an undone
 * transaction had is free to whoever comes, so that without a pause the two can meet again (seen on a busy machine).
 */
const PAUSE = 30

/** SQLite's name for a disk without room. */
const FULL = 'SQLITE_FULL'

/**
 * Runs a write in a transaction of its own and resolves after its commit; `work` passes the transaction to each query
 * and awaits nothing but the database, because on SQLite the writers of a process take turns. It is run again after
 * a deadlock, or where room was made on a full disk, so it changes nothing but rows, and no instance of a model that it has not
 * read itself.
 * @param purpose of a write that takes rights away: on a full disk it has the reserve, and nothing else is written
 * @throws {TimeoutError} when its turn or its commit does not come in time; the write may then be done or not on PostgreSQL
 */
export function write<Result>(
  work: (transaction: Transaction) => Promise<Result>,
  purpose: Purpose = 'any',
): Promise<Result> {
  return traced('transaction', {}, () => (isSqlite ? inTurn(work, purpose) : withDeadline(repeatedly(work))))
}

type Purpose = 'any' | 'take rights'

/** Groups that were committed, by how many writes each had; for the metrics. */
export const groupSizes = new Map<number, number>()

/** Writes that wait for their turn on SQLite; for the metrics. */
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

/** SQLite has one writer: 50 parallel transactions take 0.34 s in turn; left to themselves 1 of 50 succeeds (measured). */
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

/** One commit, and so one sync to disk, for the whole group; each of several writers has a savepoint and an outcome of its own. */
async function writeGroup(group: Waiter[], room: 'as it is' | 'made' = 'as it is') {
  if (group.length === 0) return
  // A savepoint is for the others' sake: a writer alone is undone by the transaction itself.
  const isAlone = group.length === 1
  try {
    const answers = await sequelize.transaction({ type: Transaction.TYPES.IMMEDIATE }, async (outer) => {
      const answers: (() => void)[] = []
      for (const { work, resolve, reject } of group) {
        try {
          const value = await (isAlone ? work(outer) : sequelize.transaction({ transaction: outer }, work))
          answers.push(() => resolve(value as never))
        } catch (error) {
          // A full disk, say, ends SQLite's whole transaction: going on would commit each further statement by itself.
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

/** A hanging server answers neither the statement nor the rollback after it, which would double the wait. */
function withDeadline<Result>(result: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = globalThis.setTimeout(() => reject(timeout('the transaction did not end in time')), POSTGRES.write)
    result.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

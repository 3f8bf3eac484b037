import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Transaction } from 'sequelize'
import { sequelize } from './connection.js'
import { StandbyError } from './postgres.js'
import { readEpochValue } from './statement.js'
import { write } from './write-queue.js'

/** One row, raised in the transaction of every change that takes away or alters a right; making a token does not. */
class Epoch extends Model<InferAttributes<Epoch>, InferCreationAttributes<Epoch>> {
  declare id: number
  declare value: number
}

Epoch.init(
  { id: { type: DataTypes.INTEGER, primaryKey: true }, value: { type: DataTypes.INTEGER, allowNull: false } },
  { sequelize, tableName: 'epoch' },
)

/** Milliseconds: how often the row is read, and how long a read is trusted, counted from its start. */
const EVERY = 250
const LEASE = 1000

/** A change of rights that this process itself has made; what was read before it must not be kept after it. */
let generation = 0
let lease: { value: number; started: number } | undefined
let timer: NodeJS.Timeout | undefined

/** By the same clock as the lease, which a change of our own takes away: a lag is what the database makes. */
let lastRead = 0

/**
 * As `write`, for changes of rights: every process refuses by the new rights within a second of the commit, and this one
 * from the moment that the promise resolves.
 * @param isChange whether what was done changes what anybody may; a replacement by the same values does not
 */
export async function writeRights<Result>(
  work: (transaction: Transaction) => Promise<Result>,
  isChange: (result: Result) => boolean = () => true,
): Promise<Result> {
  let isWithout = false
  try {
    return await write(async (transaction) => {
      const result = await work(transaction).catch((error: unknown) => {
        isWithout = true
        throw error
      })
      isWithout = !isChange(result)
      if (isWithout) return result
      await Epoch.increment('value', { where: { id: 1 }, transaction })
      return result
    }, 'take rights')
  } finally {
    // Also after a failure: a commit that was not answered may have happened. Work that threw has changed nothing.
    if (!isWithout) {
      generation++
      lease = undefined
    }
  }
}

/** What rights read now belong to: the cache keeps it with its entry. */
export interface Moment {
  epoch: number
  generation: number
}

/**
 * The epoch as of the last read, by the monotonic clock; nothing when that read started a second ago or more, and the
 * database has to be asked.
 */
export function currentMoment(): Moment | undefined {
  if (!lease || performance.now() - lease.started >= LEASE) return undefined
  return { epoch: lease.value, generation }
}

/** Whether rights that were read at one moment still hold at another. */
export function isSameMoment(a: Moment, b: Moment): boolean {
  return a.epoch === b.epoch && a.generation === b.generation
}

/** Reads the row every 250 ms from now on; without it nothing is ever cached. */
export function watchEpoch(): void {
  timer ??= setInterval(() => void readEpoch(), EVERY).unref()
  void readEpoch()
}

export function unwatchEpoch(): void {
  clearInterval(timer)
  timer = undefined
  lease = undefined
}

/** Milliseconds since the last successful read of the epoch started, or the process if there was none; for the metrics. */
export function epochAge(): number {
  return performance.now() - lastRead
}

/** Asks the database, as every look at rights would. @throws when it cannot be asked, or is none to ask */
export async function askEpoch(): Promise<number> {
  try {
    return await readEpochValue()
  } catch (error) {
    // Rights that were read since the look before may be those of long ago.
    if (error instanceof StandbyError) generation++
    throw error
  }
}

let reading = false

async function readEpoch() {
  if (reading) return
  reading = true
  const [before, started] = [generation, performance.now()]
  try {
    const value = await askEpoch()
    // A read from before a change of our own may tell the value from before it.
    if (before === generation) lease = { value, started }
    lastRead = started
  } catch {
    // The lease runs out by itself, and then the database is asked for each token.
  } finally {
    reading = false
  }
}

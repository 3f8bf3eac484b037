import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, Op, type Transaction } from 'sequelize'
import { sequelize } from './connection.js'
import { KnownChanges, type Look, type Subject } from './known-changes.js'
import { StandbyError } from './postgres.js'
import { readLook } from './statement.js'
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

/** What each of the last changes was about. Who writes a row holds the lock of the epoch, so they stand in the order of commits. */
class Change extends Model<InferAttributes<Change>, InferCreationAttributes<Change>> {
  declare epoch: number
  declare subject: Subject
}

Change.init(
  {
    epoch: { type: DataTypes.INTEGER, primaryKey: true },
    subject: { type: DataTypes.TEXT, primaryKey: true },
  },
  { sequelize, tableName: 'rights_changes' },
)

/** Milliseconds: how often the database is asked, and how long what it said is trusted, counted from the question. */
const EVERY = 250
const LEASE = 1000

/** Changes that are kept: a process that has not looked for longer forgets everybody. */
const KEPT = 1000

const known = new KnownChanges()

/** When the last look began that found the database, by the monotonic clock; absent where none may be trusted. */
let lease: number | undefined
let timer: NodeJS.Timeout | undefined

/** As the lease, which a stop takes away: a lag is what the database makes. */
let lastRead = 0

/**
 * As `write`, for changes of rights: every process refuses by the new rights within a second of the commit, and this one
 * from the moment that the promise resolves.
 * @param subjectsOf whose rights the work has changed; nobody's where it took none away
 */
export async function writeRights<Result>(
  work: (transaction: Transaction) => Promise<Result>,
  subjectsOf: (result: Result) => readonly Subject[],
): Promise<Result> {
  let subjects: readonly Subject[] = []
  let number: number | undefined
  try {
    const result = await write(async (transaction) => {
      // Work that throws has changed nothing.
      subjects = []
      const result = await work(transaction)
      subjects = subjectsOf(result)
      number = subjects.length > 0 ? await record(subjects, transaction) : undefined
      return result
    }, 'take rights')
    known.note(subjects, number)
    return result
  } catch (error) {
    // A commit that was not answered may have happened, or happen later: then a look tells of it.
    known.note(subjects)
    throw error
  }
}

/** @returns the number of the change */
async function record(subjects: readonly Subject[], transaction: Transaction): Promise<number> {
  await Epoch.increment('value', { where: { id: 1 }, transaction })
  const { value: epoch } = (await Epoch.findByPk(1, { transaction, rejectOnEmpty: true })) as Epoch
  await Change.bulkCreate(
    subjects.map((subject) => ({ epoch, subject })),
    { transaction },
  )
  return epoch
}

/** For rights that are about to be read: what becomes of them later is told by `isUnchangedSince`. */
export function currentMoment(): number {
  return known.moment()
}

/**
 * Whether rights that were read after a moment still hold: nothing of their subjects has changed, as the database said when it was
 * asked less than a second ago.
 */
export function isUnchangedSince(moment: number, subjects: readonly Subject[]): boolean {
  return lease !== undefined && performance.now() - lease < LEASE && known.isUnchangedSince(moment, subjects)
}

/** Asks every 250 ms from now on; without it nothing is ever remembered. */
export function watchEpoch(): void {
  timer ??= setInterval(() => void look(), EVERY).unref()
  void look()
}

export function unwatchEpoch(): void {
  clearInterval(timer)
  timer = undefined
  lease = undefined
  known.loseTrack()
}

/** Milliseconds since the last successful look at the epoch began, or the process if there was none; for the metrics. */
export function epochAge(): number {
  return performance.now() - lastRead
}

/** Asks the database, as every look at rights would. @throws when it cannot be asked, or is none to ask */
export async function askEpoch(): Promise<Look> {
  try {
    return await readLook(known.nextLook(), KEPT)
  } catch (error) {
    // Rights that were read since the look before may be those of long ago.
    if (error instanceof StandbyError) known.note(['all'])
    throw error
  }
}

/** Changes that no process has to be told any more, in pieces. */
export async function pruneChanges(): Promise<void> {
  const { value } = await Epoch.findByPk(1, { rejectOnEmpty: true })
  for (let count = KEPT; count === KEPT; ) {
    const where = { epoch: { [Op.lt]: value - KEPT } }
    const due = await Change.findAll({ where, order: ['epoch'], limit: KEPT, raw: true })
    count = due.length
    const last = due.at(-1)
    if (last) await write((transaction) => Change.destroy({ where: { epoch: { [Op.lte]: last.epoch } }, transaction }))
  }
}

let looking = false

async function look() {
  if (looking) return
  looking = true
  const started = performance.now()
  try {
    known.catchUp(await askEpoch())
    lease = started
    lastRead = started
  } catch {
    // The lease runs out by itself, and then the database is asked for each token.
    known.loseTrack()
  } finally {
    looking = false
  }
}

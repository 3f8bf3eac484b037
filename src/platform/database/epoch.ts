import { randomInt } from 'node:crypto'
import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, Op, type Transaction } from 'sequelize'
import { tellOfClock } from './clock.js'
import { isSqlite, sequelize } from './connection.js'
import { type Change, KnownChanges, type Look, type Subject } from './known-changes.js'
import { StandbyError } from './servers.js'
import { readLook, runIn } from './statement.js'
import { PIECE, type Sweep } from './sweep.js'
import { table } from './tables.js'
import { write } from './write-queue.js'

/** One row, raised in the transaction of every change that takes away or alters a right; making a token does not. */
class Epoch extends Model<InferAttributes<Epoch>, InferCreationAttributes<Epoch>> {
  declare id: number
  declare value: number
  /** Whether tokens or passwords of another system were ever imported. */
  declare takesImported: boolean
}

Epoch.init(
  {
    id: { type: DataTypes.INTEGER, primaryKey: true },
    value: { type: DataTypes.INTEGER, allowNull: false },
    takesImported: { type: DataTypes.BOOLEAN, allowNull: false },
  },
  { sequelize, tableName: 'epoch' },
)

/** What each of the last changes was about. Who writes a row holds the lock of the epoch, so they stand in the order of commits. */
class RightsChange extends Model<InferAttributes<RightsChange>, InferCreationAttributes<RightsChange>> {
  declare epoch: number
  declare subject: Subject
  /** Tells the change from another one that gets its number after a failover or a restore has lost it. */
  declare nonce: number
}

RightsChange.init(
  {
    epoch: { type: DataTypes.INTEGER, primaryKey: true },
    subject: { type: DataTypes.TEXT, allowNull: false },
    nonce: { type: DataTypes.INTEGER, allowNull: false },
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

/** As the last look told it. */
let takesImported = false

/** As the lease, which a stop takes away: a lag is what the database makes. */
let lastRead = 0

/**
 * As `write`, for changes of rights: every process refuses by the new rights within a second of the commit, and this one
 * from the moment that the promise resolves.
 * @param subjectOf whose rights the work has changed; nobody's where it took none away
 */
export async function writeRights<Result>(
  work: (transaction: Transaction) => Promise<Result>,
  subjectOf: (result: Result) => Subject | undefined,
): Promise<Result> {
  let subject: Subject | undefined
  let change: Change | undefined
  try {
    const result = await write(async (transaction) => {
      // Work that throws has changed nothing.
      subject = undefined
      const result = await work(transaction)
      subject = subjectOf(result)
      change = subject && (await record(subject, transaction))
      return result
    }, 'take rights')
    if (subject) known.note(subject, change)
    return result
  } catch (error) {
    // A commit that was not answered may have happened, or happen later: then a look tells of it.
    if (subject) known.note(subject)
    throw error
  }
}

const RAISE = `UPDATE ${table('epoch')} SET value = value + 1 WHERE id = 1 RETURNING value AS number`

const INSERT = `INSERT INTO ${table('rights_changes')} (epoch, subject, nonce)`

/** In one round trip. SQLite has no such statement, nor round trips. */
const RAISE_AND_INSERT = `WITH raised AS (${RAISE})
  ${INSERT} SELECT number, CAST($1 AS TEXT), CAST($2 AS INTEGER) FROM raised RETURNING epoch AS number`

async function record(subject: Subject, transaction: Transaction): Promise<Change> {
  const nonce = randomInt(2 ** 31)
  const raised = isSqlite ? runIn(transaction, RAISE, []) : runIn(transaction, RAISE_AND_INSERT, [subject, nonce])
  const [{ number }] = (await raised) as [{ number: number }]
  if (isSqlite) await runIn(transaction, `${INSERT} VALUES ($1, $2, $3)`, [number, subject, nonce])
  return { number, nonce }
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
  return hasLease() && known.isUnchangedSince(moment, subjects)
}

function hasLease(): boolean {
  return lease !== undefined && performance.now() - lease < LEASE
}

/**
 * Whether values of another system may be tokens here: known without a query, unless the database could not be asked for a second.
 * @throws when it cannot be asked now either: an outage is not a wrong token
 */
export async function takesImportedValues(): Promise<boolean> {
  return hasLease() ? takesImported : (await askEpoch()).takesImported
}

const TAKE_IMPORTED = `UPDATE ${table('epoch')} SET takes_imported = TRUE WHERE id = 1 AND NOT takes_imported`

/**
 * Lets values of another system be tokens, in every process from its next look on; for the last statement of an import's write, which
 * then holds the lock of the epoch.
 */
export async function takeImportedValues(transaction: Transaction): Promise<void> {
  await runIn(transaction, TAKE_IMPORTED, [])
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
export async function askEpoch(): Promise<Look & { takesImported: boolean }> {
  try {
    return await readLook(known.nextLook(), KEPT)
  } catch (error) {
    // Rights that were read since the look before may be those of long ago.
    if (error instanceof StandbyError) known.note('all')
    throw error
  }
}

/** Changes that no process has to be told any more. */
export const toldChanges: Sweep = {
  kind: 'rights_changes',
  due: async () => RightsChange.count({ where: await told() }),
  piece: async (transaction) => RightsChange.destroy({ where: await told(transaction), limit: PIECE, transaction }),
}

async function told(transaction?: Transaction) {
  const { value } = await Epoch.findByPk(1, { rejectOnEmpty: true, transaction })
  return { epoch: { [Op.lt]: value - KEPT } }
}

let looking = false

async function look() {
  if (looking) return
  looking = true
  const started = performance.now()
  try {
    const found = await askEpoch()
    known.catchUp(found)
    takesImported = found.takesImported
    lease = started
    lastRead = started
    tellOfClock()
  } catch {
    // The lease runs out by itself, and then the database is asked for each token.
    known.loseTrack()
  } finally {
    looking = false
  }
}

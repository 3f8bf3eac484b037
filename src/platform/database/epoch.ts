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

/**
 * The only row of this table is raised in the transaction of every change that takes away or alters a right. Making a token does
 * not raise it.
 */
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

/** What each of the last changes was about. A writer holds the lock of the epoch, so the rows are in the order of commits. */
class RightsChange extends Model<InferAttributes<RightsChange>, InferCreationAttributes<RightsChange>> {
  declare epoch: number
  declare subject: Subject
  /** Distinguishes the change from one that gets the same number after a failover or a restore has lost it. */
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

/** In milliseconds: how often the database is asked, and how long its answer is trusted, counted from the question. */
const EVERY = 250
const LEASE = 1000

/** How many changes are kept. A process that has missed more forgets all rights. */
const KEPT = 1000

const known = new KnownChanges()

/** When the last successful look began, by the monotonic clock. Absent if none may be trusted. */
let lease: number | undefined
let timer: NodeJS.Timeout | undefined

/** The value that the last look found. */
let takesImported = false

/** Like the lease, but a stop does not remove it, because a lag is the database's. */
let lastRead = 0

/**
 * As `write`, for changes of rights. Every process applies the new rights within a second of the commit, and this one from the
 * moment when the promise resolves.
 * @param subjectOf whose rights the work has changed, or nothing if it took none away
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
    // A commit without an answer may have happened, or may happen later. A look then finds it.
    if (subject) known.note(subject)
    throw error
  }
}

const RAISE = `UPDATE ${table('epoch')} SET value = value + 1 WHERE id = 1 RETURNING value AS number`

const INSERT = `INSERT INTO ${table('rights_changes')} (epoch, subject, nonce)`

/** Does both in one round trip. SQLite has no such statement, and no round trips. */
const RAISE_AND_INSERT = `WITH raised AS (${RAISE})
  ${INSERT} SELECT number, CAST($1 AS TEXT), CAST($2 AS INTEGER) FROM raised RETURNING epoch AS number`

async function record(subject: Subject, transaction: Transaction): Promise<Change> {
  const nonce = randomInt(2 ** 31)
  const raised = isSqlite ? runIn(transaction, RAISE, []) : runIn(transaction, RAISE_AND_INSERT, [subject, nonce])
  const [{ number }] = (await raised) as [{ number: number }]
  if (isSqlite) await runIn(transaction, `${INSERT} VALUES ($1, $2, $3)`, [number, subject, nonce])
  return { number, nonce }
}

/** The moment for rights that are about to be read. `isUnchangedSince` later says whether they still hold. */
export function currentMoment(): number {
  return known.moment()
}

/**
 * Whether rights that were read after a moment still hold: none of their subjects has changed, according to a look at the
 * database less than a second ago.
 */
export function isUnchangedSince(moment: number, subjects: readonly Subject[]): boolean {
  return hasLease() && known.isUnchangedSince(moment, subjects)
}

function hasLease(): boolean {
  return lease !== undefined && performance.now() - lease < LEASE
}

/**
 * Whether values of another system may be tokens here. This needs no query, unless the last successful look is more than a second
 * ago.
 * @throws if the database cannot be asked now either, because an outage is not a wrong token
 */
export async function takesImportedValues(): Promise<boolean> {
  return hasLease() ? takesImported : (await askEpoch()).takesImported
}

const TAKE_IMPORTED = `UPDATE ${table('epoch')} SET takes_imported = TRUE WHERE id = 1 AND NOT takes_imported`

/**
 * Lets values of another system be tokens, in every process from its next look on. Use it as the last statement of an import's
 * write, because the write then holds the lock of the epoch.
 */
export async function takeImportedValues(transaction: Transaction): Promise<void> {
  await runIn(transaction, TAKE_IMPORTED, [])
}

/** Looks every 250 ms from now on. Without this, no rights are ever remembered. */
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

/** Milliseconds since the last successful look at the epoch began, or since the process began, for the metrics. */
export function epochAge(): number {
  return performance.now() - lastRead
}

/**
 * Looks at the epoch in the database.
 * @throws if the database cannot be asked, or is a standby
 */
export async function askEpoch(): Promise<Look & { takesImported: boolean }> {
  try {
    return await readLook(known.nextLook(), KEPT)
  } catch (error) {
    // Rights that were read since the look before may be old.
    if (error instanceof StandbyError) known.note('all')
    throw error
  }
}

/** Removes changes that no process needs to know any more. */
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
    // The lease ends by itself. Then the database is asked for each token.
    known.loseTrack()
  } finally {
    looking = false
  }
}

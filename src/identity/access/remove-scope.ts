import { Op, QueryTypes, type Transaction } from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import { isSqlite, sequelize } from '../../platform/database/connection.js'
import { noteSwept } from '../../platform/database/sweep.js'
import { table } from '../../platform/database/tables.js'
import { write } from '../../platform/database/write-queue.js'
import { HttpError } from '../../platform/failures.js'
import { OwnScope } from '../scopes/own-scope.js'
import { Token } from '../tokens/token.js'

/**
 * How many tokens lose the name in one write. A million at once took 1.4 s on SQLite, where nothing else is written meanwhile,
 * and 52 s on PostgreSQL, where a statement ends after 3 s. In pieces, others wait for at most 0.1 s and 0.4 s (measured).
 */
const PIECE = 5000

/** The name as a whole word: `reports:read` is neither `my-reports:read` nor `reports:read-all`. */
const WITHOUT = "trim(replace(' ' || scopes || ' ', ' ' || $name || ' ', ' '))"

const STRIP_GROUPS = `UPDATE ${table('groups')} SET scopes = ${WITHOUT} WHERE ${WITHOUT} <> scopes`

/** In the order of ids, as the batch of last uses locks tokens too. */
const STRIP_TOKENS = `UPDATE ${table('tokens')} SET scopes = ${WITHOUT} WHERE id IN (
  SELECT id FROM ${table('tokens')} WHERE id > $after AND id <= $upto AND kind = 'personal' AND ${WITHOUT} <> scopes
  ORDER BY id${isSqlite ? '' : ' FOR UPDATE'})`

/** The name in the metrics for tokens that lose a scope. */
const KIND = 'removed_scopes'

/** PostgreSQL's highest id, for the last piece. */
const LAST = 2_147_483_647

/** Whether tokens may still have removed names. At first a process does not know. */
let isDue = true

/**
 * Removes an added scope in one write. From then on it opens nothing, and no group has it. Few tokens lose the name in the same
 * write. If there are many, `sweepRemovedScopes` takes it from them, and until then the name cannot be added again, so that it
 * revives no right.
 * @param check throws inside the transaction if the row may not be removed
 * @throws {HttpError} 404
 */
export async function removeScope(name: string, actor: Actor, check: (scope: OwnScope) => void): Promise<void> {
  const lock = (transaction: Transaction) => OwnScope.locked(name, transaction)
  const what = ({ groups, description }: { groups: number; description: string }) => {
    const change = { before: { name, description } }
    return { action: 'scope.deleted', object: `scope:${name}`, detail: `groups that had it ${groups}`, change } as const
  }
  await act({ actor, lock, rights: 'all', what }, async (transaction, scope) => {
    if (!scope || scope.removedAt) throw new HttpError(404, 'Not found.')
    check(scope)
    const groups = await strip(STRIP_GROUPS, { name }, transaction)
    const upto = await endOfPiece(0, transaction)
    await strip(STRIP_TOKENS, { name, after: 0, upto }, transaction)
    if (upto === LAST) await scope.destroy({ transaction })
    else await scope.update({ removedAt: new Date() }, { transaction })
    return { groups, description: scope.description }
  })
  isDue = true
}

let sweep: Promise<void> | undefined
let isStopped = false

/**
 * Takes the names of removed scopes from the tokens that still have them, in pieces. After a stop or an outage, it continues
 * later.
 */
export function sweepRemovedScopes(): Promise<void> {
  isStopped = false
  sweep ??= sweepAll().finally(() => {
    sweep = undefined
  })
  return sweep
}

/** As `sweepRemovedScopes`, but at no cost if this process knows that there is nothing to do. */
export async function sweepWhenDue(): Promise<void> {
  if (isDue) await sweepRemovedScopes()
}

/** Ends a sweep after the current piece. */
export async function stopSweep(): Promise<void> {
  isStopped = true
  await sweep?.catch(() => {})
}

async function sweepAll() {
  isDue = false
  try {
    const removed = await OwnScope.findAll({ where: { removedAt: { [Op.ne]: null } }, order: ['name'] })
    for (const scope of removed) await sweepOne(scope)
    noteSwept(KIND, 0)
  } catch (error) {
    isDue = true
    throw error
  }
}

async function sweepOne({ name, removedAt }: OwnScope) {
  for (let after = 0; after < LAST; ) {
    if (isStopped) return
    const upto = await endOfPiece(after)
    const swept = await write(async (transaction) => {
      // Another process may have finished the same sweep. By now the name may be that of a new scope, or of one that was removed
      // again.
      const scope = await OwnScope.locked(name, transaction)
      if (scope?.removedAt?.getTime() !== removedAt?.getTime()) return undefined
      const count = await strip(STRIP_TOKENS, { name, after, upto }, transaction)
      if (upto === LAST) await scope?.destroy({ transaction })
      return { count }
    })
    if (!swept) return
    if (swept.count > 0) noteSwept(KIND, swept.count)
    after = upto
  }
}

/** The id of the last token of the next piece. */
async function endOfPiece(after: number, transaction?: Transaction): Promise<number> {
  const where = { id: { [Op.gt]: after } }
  const last = await Token.findOne({
    attributes: ['id'],
    where,
    order: ['id'],
    offset: PIECE - 1,
    transaction,
    raw: true,
  })
  return last?.id ?? LAST
}

function strip(statement: string, bind: Record<string, string | number>, transaction: Transaction): Promise<number> {
  return sequelize.query(statement, { bind, transaction, type: QueryTypes.BULKUPDATE })
}

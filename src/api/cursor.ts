import { type Model, type ModelStatic, Op, type WhereOptions } from 'sequelize'
import type { Bind } from '../platform/database/prepared-reads.js'
import { invalid } from '../platform/failures.js'
import { isSigned, sign } from '../platform/keys.js'

/** The place where a list continues. */
interface Cursor {
  ordering: string
  /** The value of the ordering column in the row to continue from, and the primary key of that row. */
  value: string | number | null
  key: number
  backwards: boolean
}

/** The cursor is signed together with its list, so that nobody orders by a column that the document does not offer. */
export function writeCursor(list: string, { ordering, value, key, backwards }: Cursor): string {
  const text = JSON.stringify([ordering, value, key, backwards])
  return `${Buffer.from(text).toString('base64url')}.${sign('cursor', `${list} ${text}`)}`
}

/** @throws {HttpError} 400 for a cursor that was not made for this list */
export function readCursor(list: string, token: string): Cursor {
  const [encoded = '', signature = ''] = token.split('.')
  const text = Buffer.from(encoded, 'base64url').toString('utf8')
  if (!isSigned('cursor', `${list} ${text}`, signature)) throw invalid({ cursor: ['Invalid cursor.'] })
  const [ordering, value, key, backwards] = JSON.parse(text)
  return { ordering, value, key, backwards }
}

/** The condition for a part of the rows. These come after the rows of the part before. */
export type Part = (bind: Bind) => WhereOptions

/**
 * The rows after a given row, in two parts: with a value and without one. No index would be used for a single condition.
 * @param place of the rows without a value in this direction, if there may be any
 */
export function partsAfter(
  model: ModelStatic<Model>,
  column: string,
  { value, key }: Cursor,
  descending: boolean,
  place: 'FIRST' | 'LAST' | undefined,
): Part[] {
  const [beyond, from] = descending ? [Op.lt, Op.lte] : [Op.gt, Op.gte]
  const primary = model.primaryKeyAttribute
  const byKey: Part = (bind) => ({ [primary]: { [beyond]: bind(key) } })
  if (column === primary) return [byKey]
  if (value === null)
    return [
      (bind) => ({ ...byKey(bind), [column]: null }),
      ...(place === 'FIRST' ? [() => ({ [column]: { [Op.ne]: null } })] : []),
    ]
  // The first condition is for the index, because a condition with only OR does not use it.
  const byValue: Part = (bind) => ({
    [column]: { [from]: bind(value) },
    [Op.or]: [{ [column]: { [beyond]: bind(value) } }, byKey(bind)],
  })
  return [byValue, ...(place === 'LAST' ? [() => ({ [column]: null })] : [])]
}

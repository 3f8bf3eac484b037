import {
  type Attributes,
  type Includeable,
  type Model,
  type ModelStatic,
  Op,
  type Transaction,
  type WhereOptions,
} from 'sequelize'
import { type Bind, preparedIn } from '../platform/database/prepared-reads.js'

/** How many rows are in memory at a time. */
const PAGE = 1000

interface Find {
  where?: WhereOptions
  limit?: number
  /** Associations. With them, Sequelize reads the rows as instances. */
  include?: Includeable[]
}

/** The rows of a table in the order of their keys, some at a time. */
export async function* rowsOf<Row extends Model>(
  transaction: Transaction,
  model: ModelStatic<Row>,
  { where = {}, limit = Number.POSITIVE_INFINITY, include }: Find,
): AsyncGenerator<Attributes<Row>[]> {
  const key = model.primaryKeyAttribute
  let after: number | string | undefined
  const behind = (bind: Bind): WhereOptions =>
    after === undefined ? where : { [Op.and]: [where, { [key]: { [Op.gt]: bind(after) } }] }
  for (let left = limit; left > 0; ) {
    const page = { order: [key], limit: Math.min(PAGE, left) }
    const rows = include
      ? await model.findAll({ ...page, where: behind((value) => value), include, transaction })
      : await preparedIn(transaction, model, (bind) => ({ ...page, where: behind(bind) }))
    if (rows.length > 0) yield rows
    if (rows.length < page.limit) return
    after = rows.at(-1)![key as keyof Attributes<Row>] as number | string
    left -= rows.length
  }
}

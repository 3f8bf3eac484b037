import {
  type Attributes,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type ModelStatic,
  Op,
} from 'sequelize'
import { sequelize } from '../platform/database/connection.js'
import { prepared } from '../platform/database/prepared-reads.js'

export type OriginKind = 'user' | 'group' | 'token' | 'row' | 'ids'

/** What a row of another service became here. It stays after that object is deleted, so that nothing comes back. */
export class Origin extends Model<InferAttributes<Origin>, InferCreationAttributes<Origin>> {
  /** Such as `django`. */
  declare source: string
  declare kind: OriginKind
  declare origin: string
  declare targetId: number
  /**
   * A user's rights when they were imported, to recognize whether somebody has changed them here since. Empty for other kinds.
   */
  declare brought: string
}

Origin.init(
  {
    source: { type: DataTypes.TEXT, primaryKey: true },
    kind: { type: DataTypes.TEXT, primaryKey: true },
    origin: { type: DataTypes.TEXT, primaryKey: true },
    targetId: { type: DataTypes.INTEGER, allowNull: false },
    brought: { type: DataTypes.TEXT, allowNull: false },
  },
  { sequelize, tableName: 'origins' },
)

/** How many rows are looked up or written at a time. */
export const PIECE = 1000

/** Runs a function on pieces of a list, one after the other. */
export async function inPieces<Item>(items: Item[], work: (piece: Item[]) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += PIECE) await work(items.slice(at, at + PIECE))
}

/** What is known about these rows of a source, by their identity there. */
export async function originsOf(source: string, kind: OriginKind, origin: string[]): Promise<Map<string, Origin>> {
  const rows = await Origin.findAll({ where: { source, kind, origin }, raw: true })
  return new Map(rows.map((row) => [row.origin, row]))
}

/** The rows of a table that have one of these values, at most as many as a piece has. */
export async function rowsWith<Row extends Model>(
  model: ModelStatic<Row>,
  attribute: string,
  values: (string | number)[],
): Promise<Attributes<Row>[]> {
  if (values.length === 0) return []
  return prepared(model, (bind) => ({ where: { [attribute]: { [Op.in]: values.map(bind) } } as never }))
}

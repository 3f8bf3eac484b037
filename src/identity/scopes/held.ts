import { col, fn, type Model, type ModelStatic, Op, type WhereOptions, where } from 'sequelize'
import { isSqlite } from '../../platform/database/connection.js'

/** The condition for rows that have this scope. The scopes are one text, so it looks for a whole word. */
export function whereHeld(model: ModelStatic<Model>, scope: string): WhereOptions {
  const [position, format] = isSqlite ? ['instr', 'printf'] : ['strpos', 'format']
  return where(fn(position!, fn(format!, ' %s ', col(`${model.name}.scopes`)), ` ${scope} `), Op.gt, 0) as WhereOptions
}

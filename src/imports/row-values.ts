import { DataTypes, type Model, type ModelAttributeColumnOptions, type ModelStatic } from 'sequelize'
import type { Row } from './django.js'

/** The properties of a decimal column that Sequelize's types do not have. */
interface Precise {
  options: { scale?: number }
}

/**
 * Makes the body of a create from a row of Django, by the names of the columns. Databases and dumps write booleans, decimals and
 * times in several ways. A value that cannot be read stays as it is, and the rules of the resource refuse it.
 * @param key of the row, which a dump has outside of its fields
 */
export function valuesFor(model: ModelStatic<Model>, key: string, found: Row): Row {
  const attributes = Object.values(model.getAttributes())
  const keyField = model.getAttributes()[model.primaryKeyAttribute]!.field!
  const whole: Row = { [keyField]: key, ...found }
  return Object.fromEntries(
    Object.entries(whole).map(([field, value]) => {
      // A reference has the name of its model in a dump, and that of its column in a database.
      const attribute =
        attributes.find((one) => one.field === field) ??
        attributes.find((one) => one.field === `${field}_id` || `${one.field}_id` === field)
      return [attribute?.field ?? field, attribute ? valueIn(attribute, value) : value]
    }),
  )
}

function valueIn({ type }: ModelAttributeColumnOptions, value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (type instanceof DataTypes.INTEGER)
    return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  if (type instanceof DataTypes.BOOLEAN) return value === 1 ? true : value === 0 ? false : value
  if (type instanceof DataTypes.DECIMAL) return decimal(value, (type as unknown as Precise).options.scale)
  if (type instanceof DataTypes.UUID && typeof value === 'string' && /^[0-9a-f]{32}$/i.test(value))
    return value.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toLowerCase()
  if (value instanceof Date)
    return type instanceof DataTypes.DATEONLY ? value.toISOString().slice(0, 10) : value.toISOString()
  if (type instanceof DataTypes.DATE && typeof value === 'string') return instant(value)
  return value
}

/** SQLite stores a decimal as a float, which is the nearest to what Django has written. */
function decimal(value: unknown, scale: number | undefined): unknown {
  if (typeof value !== 'number' || scale === undefined) return value
  const text = value.toFixed(scale)
  return Number(text) === value ? text : value
}

/** Reads a time of SQLite, which is UTC without saying so, and finer than a millisecond. */
function instant(text: string): string {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?)\d*$/.exec(text) ?? []
  return day === undefined ? text : `${day}T${time}Z`
}

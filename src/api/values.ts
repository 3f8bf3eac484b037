import { DataTypes, type Model, type ModelAttributeColumnOptions, type ModelStatic, ValidationError } from 'sequelize'
import { type FieldErrors, invalid } from '../platform/failures.js'
import { plainName } from '../platform/names.js'
import { timeOf } from '../platform/times.js'

/** What Sequelize's types do not tell of a decimal column. */
interface Precise {
  options: { precision?: number; scale?: number }
}

/**
 * What of a body is stored, by attribute: texts as DRF trims them, decimals without a sign before zero.
 * @param body its names are the columns'
 * @param row the one that is changed, whose key must stay
 * @throws {HttpError} 400 for what no wire type can say: texts of spaces alone, decimals of a JSON number, days that no
 * calendar has, another key
 */
export function storedValues(model: ModelStatic<Model>, body: object, row?: Model): Record<string, unknown> {
  const attributes = Object.entries(model.getAttributes())
  const errors: FieldErrors = {}
  const values = Object.entries(body).map(([field, sent]) => {
    const [name, attribute] = attributes.find(([, attribute]) => attribute.field === field)!
    const value = plain(attribute, sent)
    const complaint = complaintOf(attribute, value)
    if (complaint) errors[field] = [complaint]
    else if (row && attribute.primaryKey && value !== row.get(name)) errors[field] = ['This field cannot be changed.']
    return [name, value]
  })
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return Object.fromEntries(values)
}

/** What a new row has of what may be absent: null, where the model has no default. */
export function absentValues(model: ModelStatic<Model>): Record<string, null> {
  const optional = Object.entries(model.getAttributes()).filter(
    ([, { allowNull, defaultValue, primaryKey }]) => !primaryKey && allowNull !== false && defaultValue === undefined,
  )
  return Object.fromEntries(optional.map(([name]) => [name, null]))
}

/** A decimal as the wire has it. A float of SQLite is exact for 15 digits. @param scale digits after the point */
export function decimalText(value: string | number, scale: number): string {
  return (Number(value) + 0).toFixed(scale)
}

/** What is wrong with a value of a column by its type alone, also in a filter. */
export function complaintOf(attribute: ModelAttributeColumnOptions, value: unknown): string | undefined {
  const { type, primaryKey } = attribute
  if (type instanceof DataTypes.DATEONLY && typeof value === 'string')
    return timeOf(value) ? undefined : 'Enter a day such as 2027-01-31.'
  if (type instanceof DataTypes.DECIMAL && typeof value === 'number') return tooPrecise(type, value)
  if (type instanceof DataTypes.TEXT && value === '' && shortest(attribute) > 0) return 'This field may not be blank.'
  // The parts of a path that every client takes out of it before it is sent (RFC 3986, 5.2.4).
  if (primaryKey && (value === '.' || value === '..')) return 'A path cannot end with this.'
  return undefined
}

/** What the rules of one's own in a model, Sequelize's `validate`, say of a row that was built and not stored. */
export async function ownRules(row: Model): Promise<FieldErrors> {
  try {
    await row.validate()
    return {}
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    return errorsOf(row, error)
  }
}

function errorsOf(row: Model, { errors }: ValidationError): FieldErrors {
  const attributes = (row.constructor as ModelStatic<Model>).getAttributes()
  const fields: FieldErrors = {}
  for (const { path, message } of errors) {
    const field = attributes[path ?? '']?.field ?? 'non_field_errors'
    fields[field] = [...(fields[field] ?? []), message]
  }
  return fields
}

function plain(attribute: ModelAttributeColumnOptions, value: unknown): unknown {
  if (attribute.type instanceof DataTypes.DECIMAL) return Number(value) === 0 && value !== null ? '0' : value
  return typeof value === 'string' ? plainName(value) : value
}

/** A text whose model says that it may be short has `len` among its rules. */
function shortest({ validate }: ModelAttributeColumnOptions): number {
  const [least = 1] = (validate?.len as number[] | undefined) ?? []
  return least
}

function tooPrecise(type: object, value: number): string | undefined {
  const { precision, scale } = (type as Precise).options
  if (precision === undefined || scale === undefined) return undefined
  const [, whole = '', part = ''] = /^-?(\d+)(?:\.(\d+))?$/.exec(String(value)) ?? []
  if (whole === '' || whole.replace(/^0/, '').length > precision - scale)
    return `Ensure that there are no more than ${precision - scale} digits before the decimal point.`
  return part.length > scale ? `Ensure that there are no more than ${scale} decimal places.` : undefined
}

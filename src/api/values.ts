import { DataTypes, type Model, type ModelAttributeColumnOptions, type ModelStatic, ValidationError } from 'sequelize'
import { type FieldErrors, invalid } from '../platform/failures.js'
import { plainName } from '../platform/names.js'
import { timeOf } from '../platform/times.js'

/** The properties of a decimal column that Sequelize's types do not have. */
interface Precise {
  options: { precision?: number; scale?: number }
}

/**
 * The values of a body as they are stored, by attribute. Texts are trimmed as in DRF, and zero has no sign.
 * @param body its names are the columns'
 * @param row the row that is changed. Its key must stay the same
 * @throws {HttpError} 400 for errors that no wire type can express: texts that are only spaces, decimals in a JSON number, days
 * that do not exist, another key
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

/** The values of absent fields in a new row: null, if the model has no default. */
export function absentValues(model: ModelStatic<Model>): Record<string, null> {
  const optional = Object.entries(model.getAttributes()).filter(
    ([, { allowNull, defaultValue, primaryKey }]) => !primaryKey && allowNull !== false && defaultValue === undefined,
  )
  return Object.fromEntries(optional.map(([name]) => [name, null]))
}

/**
 * A decimal as it is on the wire. A float of SQLite is exact to 15 digits.
 * @param scale digits after the decimal point
 */
export function decimalText(value: string | number, scale: number): string {
  return (Number(value) + 0).toFixed(scale)
}

/** What is wrong with a value, going only by the type of its column. This also checks filters. */
export function complaintOf(attribute: ModelAttributeColumnOptions, value: unknown): string | undefined {
  const { type, primaryKey } = attribute
  if (type instanceof DataTypes.DATEONLY && typeof value === 'string')
    return timeOf(value) ? undefined : 'Enter a day such as 2027-01-31.'
  if (type instanceof DataTypes.DECIMAL && typeof value === 'number') return tooPrecise(type, value)
  if (type instanceof DataTypes.TEXT && value === '' && shortest(attribute) > 0) return 'This field may not be blank.'
  // Every client removes these segments from a path before it sends it (RFC 3986, 5.2.4).
  if (primaryKey && (value === '.' || value === '..')) return 'A path cannot end with this.'
  return undefined
}

/** What a model's own rules, in Sequelize's `validate`, say about a row that was built and not stored. */
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

/** If a text may be short, its model has a `len` rule. */
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

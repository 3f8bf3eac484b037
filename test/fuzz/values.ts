import fc from 'fast-check'
import { document } from '../document.js'
import type { Known } from './known.js'

/** The part of JSON Schema that the document uses. */
export interface Schema {
  $ref?: string
  type?: string
  enum?: unknown[]
  format?: string
  pattern?: string
  nullable?: boolean
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
}

/** The password of every account that the fuzzer signs in to. */
export const PASSWORD = 'Xk29!plqz-tea'

/** Longer texts than this find nothing that a text of this length does not. */
const LONGEST = 300

/** Values that a schema calls valid, whatever they mean to the service. */
export function validValue(schema: Schema): fc.Arbitrary<unknown> {
  const { $ref, nullable, ...own } = schema
  if ($ref) return validValue(resolved(schema))
  if (nullable) return fc.option(validValue(own), { nil: null, freq: 4 })
  if (own.enum) return fc.constantFrom(...own.enum)
  switch (own.type) {
    case 'boolean':
      return fc.boolean()
    case 'integer':
      return fc.integer({ min: own.minimum, max: own.maximum })
    case 'number':
      return fc.double({ min: own.minimum, max: own.maximum, noNaN: true }).map((value) => Number(value.toFixed(2)))
    case 'array':
      return fc.array(validValue(own.items ?? {}), {
        minLength: own.minItems,
        maxLength: Math.min(own.maxItems ?? 5, 5),
      })
    case 'object':
      return validObject(own, validValue)
    default:
      return validText(own)
  }
}

/** A body that the service itself takes, as far as that can be known beforehand: names of groups that are there, and so on. */
export function meaningfulBody(schema: Schema, known: Known): fc.Arbitrary<Record<string, unknown>> {
  return validObject(resolved(schema), (property, name) => meaning(name, known) ?? validValue(property))
}

export function resolved(schema: Schema): Schema {
  return schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)!] : schema
}

function validObject(
  { properties = {}, required = [], additionalProperties }: Schema,
  memberOf: (property: Schema, name: string) => fc.Arbitrary<unknown>,
): fc.Arbitrary<Record<string, unknown>> {
  if (typeof additionalProperties === 'object') return fc.dictionary(fc.string(), validValue(additionalProperties))
  const members = Object.entries(properties).map(([name, property]) => [name, memberOf(property, name)] as const)
  return fc.record(Object.fromEntries(members), { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<
    Record<string, unknown>
  >
}

function validText({ format, pattern, minLength = 0, maxLength = LONGEST }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString())
  const longest = Math.min(maxLength, LONGEST)
  if (pattern) return fc.stringMatching(new RegExp(pattern)).filter((text) => text.length <= longest)
  const text = (unit: 'grapheme' | 'binary') =>
    fc
      .string({ unit, minLength, maxLength: longest, size: 'medium' })
      .filter(({ length }) => minLength <= length && length <= longest)
  return fc.oneof({ weight: 3, arbitrary: text('grapheme') }, { weight: 1, arbitrary: text('binary') })
}

/** What a property of this name must be for the request to succeed, where its schema cannot tell. */
function meaning(name: string, known: Known): fc.Arbitrary<unknown> | undefined {
  const unit = fc.constantFrom(...'abcxyzABC0189.+-_éßकмन字')
  const word = fc
    .tuple(fc.constantFrom('a', 'Z', 'र'), fc.string({ unit, maxLength: 18 }))
    .map((parts) => parts.join(''))
  switch (name) {
    case 'username':
      return word
    case 'name':
    case 'empname':
      return word.map((text) => text.replaceAll('.', ' ').trim())
    case 'groups':
      return fc.subarray(known.groupNames.slice(-5))
    case 'user':
      return fc.constantFrom(known.userId, ...known.idsOf('/api/users'))
    case 'password':
      return fc.oneof(fc.constant(PASSWORD), fc.string({ unit: 'grapheme', minLength: 12, maxLength: 40 }))
    case 'networks':
      return fc.subarray(['127.0.0.0/8', '::1', '10.0.0.0/8', '::/0', '192.0.2.7'])
    case 'expires_at':
      return fc.option(
        fc
          .date({ noInvalidDate: true, min: new Date('2036-01-01'), max: new Date('9999-12-31') })
          .map((date) => date.toISOString()),
      )
    default:
      return undefined
  }
}

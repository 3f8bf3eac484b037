import { resolved, type Schema, withFormat } from './parameters.js'
import { propertyWords, typeWords } from './words.js'

/**
 * Finishes schemas for generators of clients and for pages.
 * @param keys an example of each resource's key, by its tag
 */
export function finishedSchemas(
  schemas: Record<string, Schema>,
  keys: Record<string, unknown>,
): Record<string, Schema> {
  const finished = (of: string, { properties: own, ...schema }: Schema): Schema => {
    if (!own) return withNames(withFormat({ description: typeWords(of), ...schema }))
    // A property of a patch is that of its input, because tsoa's copy has lost the name of its type.
    const input = /Patch$/.test(of) ? schemas[of.replace(/Patch$/, 'Input')]?.properties : undefined
    const entries = Object.entries(own).map(([name, property]) => {
      const told = bound(plain(withFormat(alone(input?.[name] ?? property, schemas))), keys)
      return [name, described(input ? withoutDefault(told) : told, name, of)]
    })
    return { ...schema, properties: Object.fromEntries(entries) }
  }
  const all = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, finished(name, schema)]))
  for (const name of nullableIn(schemas)) all[name] = { ...all[name], nullable: true }
  return all
}

function described(property: Schema, name: string, schema: string): Schema {
  return property.$ref || property.description ? property : { ...property, description: propertyWords(name, schema) }
}

/** Objects that may be null in a property. The object says so itself, because OpenAPI 3.0 ignores anything next to a `$ref`. */
function nullableIn(schemas: Record<string, Schema>): string[] {
  const references = Object.values(schemas).flatMap(({ properties = {} }) => Object.values(properties))
  const names = references.flatMap(({ allOf, nullable }) =>
    nullable && allOf?.[0]?.$ref ? [nameIn(allOf[0].$ref)] : [],
  )
  return [...new Set(names)].filter((name) => schemas[name]!.properties)
}

/** Whether clients have a type for it. For others, such as `Id`, they only have text or a number. */
function isNamed({ enum: values, properties }: Schema): boolean {
  return values !== undefined || properties !== undefined
}

function nameIn(reference: string): string {
  return reference.split('/').at(-1)!
}

/**
 * Leaves out unused schemas, because tsoa keeps one for each type of a query object. They are sorted, because tsoa's order is
 * that of the files.
 */
export function used(from: unknown, schemas: Record<string, Schema>): Record<string, Schema> {
  const names = new Set<string>()
  const collect = (part: unknown) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (names.has(name!)) continue
      names.add(name!)
      collect(schemas[name!])
    }
  }
  collect(from)
  return Object.fromEntries([...names].sort().map((name) => [name, schemas[name]!]))
}

/** In a patch, absent fields stay as they are, and some clients would send a default by themselves. */
function withoutDefault({ default: _default, ...property }: Schema): Schema {
  return property
}

/**
 * OpenAPI 3.0 ignores anything next to a `$ref`. So a property with a description gets a copy of its type, unless clients name
 * the type.
 */
function alone(property: Schema, schemas: Record<string, Schema>): Schema {
  const { allOf, $ref = allOf?.[0]?.$ref, ...beside } = property
  if (!$ref || Object.keys(beside).length === 0) return property
  const type = resolved({ $ref }, schemas)
  // Null is not a value of an enumeration, so a field that may be null says so in a copy.
  return isNamed(type) && !(type.enum && beside.nullable) ? { $ref } : { ...type, ...beside }
}

/** `-salary` is not a name in any language, so generators get one. */
function withNames(schema: Schema): Schema {
  const names = schema.enum?.map((value) => value.replace(/^-(.*)$/, '$1_descending'))
  return schema.enum?.some((value) => value.startsWith('-')) ? { ...schema, 'x-enum-varnames': names } : schema
}

/**
 * In an example, an optional reference is null, because no number is that of a row everywhere. Other references are to the row of
 * the example.
 */
function bound(property: Schema, keys: Record<string, unknown>): Schema {
  const target = property['x-references']
  if (typeof target !== 'string') return property
  const example = property.nullable ? null : (keys[target] ?? property.example)
  return { ...property, example }
}

/**
 * Text that may also be a JSON number is described as text. For a union, the generators of Java, Go and Python make code that
 * does not compile. Text is always accepted.
 */
function plain(property: Schema): Schema {
  const { anyOf, minimum, maximum, ...rest } = property
  const isTextOrNumber = anyOf?.length === 2 && anyOf.every(({ type }) => type === 'string' || type === 'number')
  return isTextOrNumber ? { ...rest, type: 'string' } : property
}

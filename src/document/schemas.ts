import { type Schema, withFormat } from './parameters.js'
import { propertyWords } from './words.js'

/**
 * Schemas as generators of clients and pages need them.
 * @param keys an example of each resource's key, by its tag
 */
export function finishedSchemas(
  schemas: Record<string, Schema>,
  keys: Record<string, unknown>,
): Record<string, Schema> {
  const finished = (of: string, { properties: own, ...schema }: Schema): Schema => {
    if (!own) return withNames(withFormat(schema))
    // A property of a patch is that of its input, where tsoa's copy has lost the name of its type.
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

/** Objects of which a property may be null. The object says so itself, as OpenAPI 3.0 ignores what stands beside its `$ref`. */
function nullableIn(schemas: Record<string, Schema>): string[] {
  const references = Object.values(schemas).flatMap(({ properties = {} }) => Object.values(properties))
  const names = references.flatMap(({ allOf, nullable }) =>
    nullable && allOf?.[0]?.$ref ? [nameIn(allOf[0].$ref)] : [],
  )
  return [...new Set(names)].filter((name) => schemas[name]!.properties)
}

/** Clients have a type for each of these; of the others, such as `Id`, they have only text or a number. */
function isNamed({ enum: values, properties }: Schema): boolean {
  return values !== undefined || properties !== undefined
}

function nameIn(reference: string): string {
  return reference.split('/').at(-1)!
}

/** tsoa keeps a schema for each type that a query object is made of, which nothing refers to. Sorted, because its order is that of the files. */
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

/** What is absent stays as it is; some clients send a default by themselves. */
function withoutDefault({ default: _default, ...property }: Schema): Schema {
  return property
}

/** OpenAPI 3.0 ignores what stands beside a `$ref`: a described property gets a copy of its type, but of a type that clients name. */
function alone(property: Schema, schemas: Record<string, Schema>): Schema {
  const { allOf, $ref = allOf?.[0]?.$ref, ...beside } = property
  if (!$ref || Object.keys(beside).length === 0) return property
  const type = schemas[nameIn($ref)]!
  // Null is no value of an enumeration, so a field of one that may be null says so in a copy.
  return isNamed(type) && !(type.enum && beside.nullable) ? { $ref } : { ...type, ...beside }
}

/** `-salary` is no name in any language, so the generators are given one. */
function withNames(schema: Schema): Schema {
  const names = schema.enum?.map((value) => value.replace(/^-(.*)$/, '$1_descending'))
  return schema.enum?.some((value) => value.startsWith('-')) ? { ...schema, 'x-enum-varnames': names } : schema
}

/** What may refer to nothing does in an example, as no number is that of a row everywhere; else it is the row that an example makes. */
function bound(property: Schema, keys: Record<string, unknown>): Schema {
  const target = property['x-references']
  if (typeof target !== 'string') return property
  const example = property.nullable ? null : (keys[target] ?? property.example)
  return { ...property, example }
}

/**
 * Text that may also come as a JSON number is told as text: the generators of Java, Go and Python make no code that
 * compiles of a union. Sending text is always right.
 */
function plain(property: Schema): Schema {
  const { anyOf, minimum, maximum, ...rest } = property
  const isTextOrNumber = anyOf?.length === 2 && anyOf.every(({ type }) => type === 'string' || type === 'number')
  return isTextOrNumber ? { ...rest, type: 'string' } : property
}

import { type Schema, withFormat } from './parameters.js'

/**
 * Schemas as generators of clients and pages need them.
 * @param keys an example of each resource's key, by its tag
 */
export function finishedSchemas(
  schemas: Record<string, Schema>,
  keys: Record<string, unknown>,
): Record<string, Schema> {
  const finished = (name: string, { properties: own, ...schema }: Schema): Schema => {
    if (!own) return withFormat(schema)
    // A property of a patch is that of its input, where tsoa's copy has lost the name of its type.
    const input = /Patch$/.test(name) ? schemas[name.replace(/Patch$/, 'Input')]?.properties : undefined
    const entries = Object.entries(own).map(([name, property]) => {
      const told = bound(plain(withFormat(alone(input?.[name] ?? property, schemas))), keys)
      return [name, input ? withoutDefault(told) : told]
    })
    return { ...schema, properties: Object.fromEntries(entries) }
  }
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, finished(name, schema)]))
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

/** OpenAPI 3.0 ignores what stands beside a `$ref`: a described property of a named type gets a copy of the type. */
function alone(property: Schema, schemas: Record<string, Schema>): Schema {
  const { allOf, $ref = allOf?.[0]?.$ref, ...beside } = property
  return $ref && Object.keys(beside).length > 0 ? { ...schemas[$ref.split('/').at(-1)!], ...beside } : property
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

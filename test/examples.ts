import { Ajv, type ValidateFunction } from 'ajv'
import { document } from './document.js'

interface Node {
  $ref?: string
  example?: unknown
  schema?: Node
  properties?: Record<string, Node>
  items?: Node
}

interface Found {
  /** The part of the document that has it, with slashes. */
  place: string
  schema: Node
  value: unknown
}

/**
 * What a page shows for a parameter, a header, a body or a schema: its own example, else one made of its parts.
 * @returns nothing when a part of it has none
 */
export function exampleOf(node: Node): unknown {
  if (node.$ref) return exampleOf(document.components.schemas[node.$ref.split('/').at(-1)!])
  if (node.example !== undefined) return node.example
  if (node.schema) return exampleOf(node.schema)
  if (node.items) {
    const item = exampleOf(node.items)
    return item === undefined ? undefined : [item]
  }
  if (!node.properties) return undefined
  const members = Object.entries(node.properties).map(([name, property]) => [name, exampleOf(property)])
  return members.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(members)
}

/** Every example that is written anywhere, and for each schema the one made of its parts. */
export function examplesIn(root: object): Found[] {
  const found: Found[] = []
  visit(root, [])
  return found

  function visit(node: Node, path: string[]) {
    const place = path.join('/')
    const schema = node.schema ?? node
    const isNameOfProperty = path.at(-1) === 'properties'
    if (!isNameOfProperty) {
      if (node.example !== undefined) found.push({ place, schema, value: node.example })
      if (path.length === 3 && path[1] === 'schemas') found.push({ place, schema: node, value: exampleOf(node) })
    }
    for (const [name, part] of Object.entries(node))
      if (typeof part === 'object' && part !== null && (isNameOfProperty || name !== 'example'))
        visit(part as Node, [...path, name])
  }
}

/** @returns for each example that its schema refuses where it is and why */
export function wrongExamples(root: { components: object }): string[] {
  const ajv = new Ajv({ strict: false, allErrors: true, formats: FORMATS }).addSchema(root, 'root')
  const validators = new Map<string, ValidateFunction>()
  return examplesIn(root).flatMap(({ place, schema, value }) => {
    const text = JSON.stringify(schema).replaceAll('"#/', '"root#/')
    const validate = validators.get(text) ?? ajv.compile(JSON.parse(text))
    validators.set(text, validate)
    return validate(value) ? [] : [`${place}: ${ajv.errorsText(validate.errors)}`]
  })
}

/** Those of OpenAPI that the document uses; another one is an error of the compiler. */
const FORMATS = {
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !Number.isNaN(Date.parse(text)),
  int32: { type: 'number', validate: (value: number) => Number.isInteger(value) && Math.abs(value) <= 2 ** 31 },
  double: { type: 'number', validate: Number.isFinite },
  date: /^\d{4}-\d\d-\d\d$/,
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
  password: true,
} as const

import { idIn, type Parameter, resolved, type Schema } from './parameters.js'

interface Place {
  operationId: string
  /** What the operation takes as JSON. */
  body?: Schema
  path: string
  parameters: Parameter[]
  schemas: Record<string, Schema>
}

/** What an operation does to the object in the examples. */
const DONE: Record<string, object> = {
  rotateToken: {
    state: 'rotating',
    replaced: { ends_at: '2026-11-24T10:30:00.000Z', last_used_at: null, last_used_from: null, use_count: 0 },
  },
  getGroup: { name: 'everyone', scopes: ['employees:read'] },
  listGroups: { name: 'everyone', scopes: ['employees:read'] },
  createGroup: { members: 0 },
  listScopes: { name: 'reports:read' },
  getUser: { username: 'Srinivas', email: 'srinivas@example.com', is_staff: true, is_superuser: true },
  listUsers: { username: 'Srinivas', email: 'srinivas@example.com', is_staff: true, is_superuser: true },
}

/** These are null in an example, because they tell of something that seldom happens, such as a rotation. */
const SELDOM = ['replaced', 'broken']

/** The fields of a body that are in no response. */
const SECRETS = ['password', 'token', 'secret']

/**
 * The whole example of a response. It has the key of the path and the values that the body of the request sets, so that the
 * examples of an operation tell one story.
 */
export function wholeExample(schema: Schema, place: Place): unknown {
  if (schema.type === 'array') return [wholeExample(schema.items!, place)]
  const example = exampleOf(schema, place.schemas)
  if (typeof example !== 'object' || example === null) return example
  const sent = place.body && (exampleOf(place.body.items ?? place.body, place.schemas) as Record<string, unknown>)
  const known = Object.entries({ ...sent, ...keyOf(place), ...DONE[place.operationId] }).filter(
    ([name]) => name in example && !SECRETS.includes(name),
  )
  return { ...example, ...Object.fromEntries(known) }
}

/** A new object has the key that the paths of its changes have. */
function keyOf({ path, body, parameters }: Place) {
  const given = parameters.filter((parameter) => parameter.in === 'path').map(({ name, example }) => [name, example])
  const made = body && idIn(path.replace(/\/bulk$/, ''))
  return { ...(made !== undefined && { id: made }), ...Object.fromEntries(given) }
}

/** The example of a schema, made from the examples of its parts. */
export function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  const { example, items, properties, enum: values } = resolved(schema, schemas)
  if (example !== undefined) return example
  if (items) return [exampleOf(items, schemas)]
  if (!properties) return values?.[0]
  const isAbsent = (name: string, part: Schema) => SELDOM.includes(name) && resolved(part, schemas).nullable
  const partOf = ([name, part]: [string, Schema]) => [name, isAbsent(name, part) ? null : exampleOf(part, schemas)]
  return Object.fromEntries(Object.entries(properties).map(partOf))
}

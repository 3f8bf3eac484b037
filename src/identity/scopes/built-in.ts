import { readFileSync } from 'node:fs'
import { folded, resourceOf } from './grammar.js'

interface Operation {
  tags: string[]
  'x-required-scopes'?: string[]
  'x-widening-scopes'?: string[]
}

const document: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
  readFileSync(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8'),
)
const operations = Object.values(document.paths).flatMap((path) => Object.entries(path))

/**
 * Sentences for the scopes of this service whose names do not say enough. The sentences of resources follow from their
 * operations.
 */
const SENTENCES: Record<string, string> = {
  'checks:read': 'Introspect tokens, as a service does that others send theirs to.',
  'events:read': 'Read the audit trail: who did what, when and from where.',
  'groups:read': 'See groups, what each may do and how many users it has.',
  'groups:write': 'Add, change and delete groups. Only a superuser gives scopes to a group or takes them away.',
  'metrics:read': 'Read the figures of the service for Prometheus.',
  'scopes:read': 'See every scope; without it one sees those that one has.',
  'scopes:write': 'Add, change and delete the scopes of other services, as a superuser.',
  'tokens:admin':
    'See, look up and revoke everybody’s tokens, as a helpdesk does. A superuser alone revokes those of staff and superusers.',
  'tokens:read': 'See one’s own tokens and what they were used for; a superuser sees everybody’s.',
  'tokens:write': 'Add, change, rotate and revoke one’s own tokens; a superuser does so with everybody’s.',
  'users:read': 'See users, their rights and where they are signed in.',
  'users:write': 'Add, change, disable and delete users. Only a superuser gives rights and passwords.',
}

/**
 * Scopes that open no operation, but widen one that is open to the objects of other users. They are only given by name, never
 * together with what a user may do anyway.
 */
export const WIDENING: ReadonlySet<string> = new Set(operations.flatMap(([, operation]) => widens(operation)))

/** The scopes that controllers declare in `@Security` and as widening, sorted. Each has a sentence that says what it allows. */
export const BUILT_IN: ReadonlyMap<string, string> = new Map(
  [...new Set([...operations.flatMap(([, operation]) => needs(operation)), ...WIDENING])]
    .sort()
    .map((scope) => [scope, SENTENCES[scope] ?? sentenceOf(scope)]),
)

const RESERVED = new Set(
  ['latchkey', ...operations.flatMap(([, { tags }]) => tags), ...[...BUILT_IN.keys()].map(resourceOf)].map(folded),
)

/** Whether the resource of a scope belongs to this service, now or possibly in the future. */
export function isReserved(scope: string): boolean {
  return RESERVED.has(folded(resourceOf(scope)))
}

function needs(operation: Operation): string[] {
  return operation['x-required-scopes'] ?? []
}

function widens(operation: Operation): string[] {
  return operation['x-widening-scopes'] ?? []
}

/** A sentence made from the operations that need the scope: `departments:write` allows to add, change and delete departments. */
function sentenceOf(scope: string): string {
  const methods = operations.filter(([, operation]) => needs(operation).includes(scope)).map(([method]) => method)
  const does = (verb: string, ...by: string[]) => (by.some((method) => methods.includes(method)) ? [verb] : [])
  const verbs = [
    ...does('see', 'get'),
    ...does('add', 'post'),
    ...does('change', 'put', 'patch'),
    ...does('delete', 'delete'),
  ]
  const list = new Intl.ListFormat('en-GB').format(verbs)
  return `${list.charAt(0).toUpperCase()}${list.slice(1)} ${resourceOf(scope).replace(/[_-]/g, ' ')}.`
}

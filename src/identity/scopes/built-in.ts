import { readFileSync } from 'node:fs'
import { folded, resourceOf } from './grammar.js'

interface Operation {
  summary: string
  tags: string[]
  'x-required-scopes'?: string[]
}

const document: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
  readFileSync(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8'),
)
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

/**
 * The scopes that controllers declare in `@Security`, as the document tells them, sorted; each with the operations that need it.
 */
export const BUILT_IN: ReadonlyMap<string, string> = new Map(
  [...new Set(operations.flatMap(needs))]
    .sort()
    .map((scope) => [scope, summaries(operations.filter((operation) => needs(operation).includes(scope)))]),
)

const RESERVED = new Set(
  ['latchkey', ...operations.flatMap(({ tags }) => tags), ...[...BUILT_IN.keys()].map(resourceOf)].map(folded),
)

/** Whether the resource that a scope names belongs to this service: to a part of its document, or to what may come. */
export function isReserved(scope: string): boolean {
  return RESERVED.has(folded(resourceOf(scope)))
}

function needs(operation: Operation): string[] {
  return operation['x-required-scopes'] ?? []
}

function summaries(among: Operation[]): string {
  return among.map(({ summary }) => summary).join(', ')
}

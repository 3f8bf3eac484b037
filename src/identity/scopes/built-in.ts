import { readFileSync } from 'node:fs'
import { folded, resourceOf } from './grammar.js'

interface Operation {
  summary: string
  tags: string[]
  'x-required-scopes'?: string[]
  'x-widening-scopes'?: string[]
}

const document: { paths: Record<string, Record<string, Operation>> } = JSON.parse(
  readFileSync(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8'),
)
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

/**
 * Scopes that open no operation, and let one that is open reach beyond what is one's own. They are given by name alone, never with what
 * somebody may do anyway.
 */
export const WIDENING: ReadonlySet<string> = new Set(operations.flatMap(widens))

/**
 * The scopes that controllers declare in `@Security` and as widening, as the document tells them, sorted; each with its operations.
 */
export const BUILT_IN: ReadonlyMap<string, string> = new Map(
  [...new Set([...operations.flatMap(needs), ...WIDENING])]
    .sort()
    .map((scope) => [
      scope,
      WIDENING.has(scope)
        ? `For everybody's and not one's own alone: ${summaries(operations.filter((operation) => widens(operation).includes(scope)))}`
        : summaries(operations.filter((operation) => needs(operation).includes(scope))),
    ]),
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

function widens(operation: Operation): string[] {
  return operation['x-widening-scopes'] ?? []
}

function summaries(among: Operation[]): string {
  return among.map(({ summary }) => summary).join(', ')
}

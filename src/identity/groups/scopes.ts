import { readFileSync } from 'node:fs'

interface Document {
  paths: Record<string, Record<string, { 'x-required-scopes'?: string[] }>>
}

const document: Document = JSON.parse(readFileSync(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8'))

/** Every scope there is, sorted: those that the controllers' `@Security` declares, as the document tells them. */
export const SCOPES: readonly string[] = [
  ...new Set(
    Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).flatMap((operation) => operation['x-required-scopes'] ?? []),
    ),
  ),
].sort()

/** Safe in a path, in a header and in OAuth's `scope`; of 63 characters each, as labels of a host (RFC 1035). */
const GRAMMAR = /^[a-z][a-z0-9_-]{0,62}:[a-z][a-z0-9_-]{0,62}$/

export function isScope(text: string): boolean {
  return GRAMMAR.test(text)
}

/** Scopes are kept as OAuth writes them (RFC 6749, 3.3): one text, separated by spaces. */
export function scopesOf(text: string): string[] {
  return text.split(' ').filter(Boolean).sort()
}

/** @returns the text for the database, without repetitions */
export function textOf(scopes: readonly string[]): string {
  return [...new Set(scopes)].sort().join(' ')
}

/** @returns a sentence for the first scope that no operation needs, else nothing */
export function unknownScope(scopes: readonly string[]): string | undefined {
  return scopes.every((scope) => SCOPES.includes(scope)) ? undefined : `A scope must be one of ${SCOPES.join(', ')}.`
}

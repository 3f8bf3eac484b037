import { hash } from 'node:crypto'
import { HttpError } from './errors.js'
import type { Page } from './page.js'

/**
 * Every value that a header was sent with; Node keeps the first of some in silence, and its `headersDistinct` sorts all the
 * headers to tell.
 * @param name in small letters
 */
export function valuesOf({ rawHeaders }: { rawHeaders: string[] }, name: string): string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name)
}

/** The part of a request that links are made from; the origin is one that the host check has allowed. */
export interface Located {
  origin: string
  path: string
}

/**
 * The strong validator of a representation: what Express sends as `ETag` and `If-Match` is compared with.
 * @param json the exact text of the answer's body
 */
export function etagOf(json: string | Buffer): string {
  return `"${hash('sha256', json, 'base64url').slice(0, 22)}"`
}

/**
 * RFC 9110, 13.1.1: for use inside the write's transaction.
 * @param ifMatch the header; without it everything matches
 * @param view what a GET would answer now
 * @throws {HttpError} 412
 */
export function requireMatch(ifMatch: string | undefined, view: object): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const current = etagOf(JSON.stringify(view))
  if (!ifMatch.split(',').some((tag) => tag.trim() === current))
    throw new HttpError(412, 'This was changed by somebody else in the meantime. Read it again.')
}

/** `Link` to the page's neighbours (RFC 8288) and `X-Total-Count`, where there are any. */
export function pageHeaders(page: Page<unknown>, { origin, path }: Located, query: object): [string, string][] {
  const link = (cursor: string | undefined, rel: string) => {
    if (cursor === undefined) return []
    const kept = Object.entries(query).filter(
      ([name, value]) => value !== undefined && !['offset', 'cursor', 'count'].includes(name),
    )
    const parameters = new URLSearchParams(kept.map(([name, value]): [string, string] => [name, text(value)]))
    parameters.set('cursor', cursor)
    return [`<${origin}${path}?${parameters}>; rel="${rel}"`]
  }
  const links = [...link(page.next, 'next'), ...link(page.previous, 'prev')]
  return [
    ...(links.length > 0 ? [['Link', links.join(', ')] as [string, string]] : []),
    ...(page.total === undefined ? [] : [['X-Total-Count', String(page.total)] as [string, string]]),
  ]
}

function text(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

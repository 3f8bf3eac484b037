import { hash } from 'node:crypto'
import { HttpError } from '../platform/failures.js'

/**
 * The strong validator of a representation, which Express sends as `ETag`.
 * @param json the exact text of the response's body
 */
export function etagOf(json: string | Buffer): string {
  return `"${digestOf(json)}"`
}

/**
 * As `etagOf`, for a view in which some members change by themselves. `If-None-Match` compares the whole tag. `If-Match` compares
 * only the digest after the dot, which stands for the other members. A use of the token in the meantime then makes no change
 * fail.
 * @param unmatched those members
 */
export function etagOfView(view: object, unmatched: readonly string[]): string {
  return `"${digestOf(JSON.stringify(view))}.${matchedDigestOf(view, unmatched)}"`
}

/**
 * Checks `If-Match` (RFC 9110, 13.1.1), inside the write's transaction. A tag that a proxy changed when it compressed the body
 * counts as ours. The RFC refuses weak tags, because one may stand for several texts. Ours is a digest of one text, whatever was
 * added around it. A tag of one digest, as in 0.1.0, stands for the whole view.
 * @param ifMatch the header; without it everything matches
 * @param view what a GET would answer now
 * @param unmatched as in `etagOfView`
 * @throws {HttpError} 412
 */
export function requireMatch(ifMatch: string | undefined, view: object, unmatched: readonly string[] = []): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const isCurrent = (tag: string) => {
    const { whole, matched } = FORM.exec(tag.trim())?.groups ?? {}
    if (matched) return matched === matchedDigestOf(view, unmatched)
    return whole !== undefined && whole === digestOf(JSON.stringify(view))
  }
  if (!ifMatch.split(',').some(isCurrent))
    throw new HttpError(412, 'Somebody else has changed this in the meantime. Read it again.')
}

/**
 * Our tag, as a proxy may have changed it. Apache and Caddy add `-gzip`, Jetty adds `--gzip`. Our digests have 22 characters, so
 * what follows is not ours.
 */
const FORM = /^(?:W\/)?"(?<whole>[\w-]{22})(?:\.(?<matched>[\w-]{22}))?(?:[-;:.+]{1,2}[a-z]{2,8})?"$/

function matchedDigestOf(view: object, unmatched: readonly string[]): string {
  return digestOf(
    JSON.stringify(Object.fromEntries(Object.entries(view).filter(([name]) => !unmatched.includes(name)))),
  )
}

function digestOf(text: string | Buffer): string {
  return hash('sha256', text, 'base64url').slice(0, 22)
}

import { hash } from 'node:crypto'
import { HttpError } from '../platform/failures.js'

/**
 * The strong validator of a representation: what Express sends as `ETag`.
 * @param json the exact text of the response's body
 */
export function etagOf(json: string | Buffer): string {
  return `"${digestOf(json)}"`
}

/**
 * As `etagOf`, of a view of which some members change by themselves. `If-None-Match` compares all of the tag. `If-Match` compares
 * the digest behind the point, which stands for the other members: that a token was used in the meantime loses nobody's change.
 * @param unmatched those members
 */
export function etagOfView(view: object, unmatched: readonly string[]): string {
  return `"${digestOf(JSON.stringify(view))}.${matchedDigestOf(view, unmatched)}"`
}

/**
 * RFC 9110, 13.1.1: for use inside the write's transaction. What a proxy that compresses makes of our tag is taken for it. The
 * RFC takes no weak tag, because such a one may stand for several texts; ours is a digest of the one text, whatever was
 * written around it. A tag of one digest, as 0.1.0 gave them, stands for all of the view.
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
    throw new HttpError(412, 'This was changed by somebody else in the meantime. Read it again.')
}

/**
 * Our tag in what a proxy has made of it. Apache and Caddy write `-gzip` behind it, Jetty `--gzip`; our digests have 22
 * characters, so that what is behind them is not of ours.
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

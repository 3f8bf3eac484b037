import { hash } from 'node:crypto'
import { HttpError } from '../platform/failures.js'

/**
 * The strong validator of a representation: what Express sends as `ETag` and `If-Match` is compared with.
 * @param json the exact text of the response's body
 */
export function etagOf(json: string | Buffer): string {
  return `"${hash('sha256', json, 'base64url').slice(0, 22)}"`
}

/**
 * RFC 9110, 13.1.1: for use inside the write's transaction. What a proxy that compresses makes of our tag is taken for it. The
 * RFC takes no weak tag, because such a one may stand for several texts; ours is a digest of the one text, whatever was
 * written around it.
 * @param ifMatch the header; without it everything matches
 * @param view what a GET would answer now
 * @throws {HttpError} 412
 */
export function requireMatch(ifMatch: string | undefined, view: object): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const current = etagOf(JSON.stringify(view))
  if (!ifMatch.split(',').some((tag) => ownForm(tag.trim()) === current))
    throw new HttpError(412, 'This was changed by somebody else in the meantime. Read it again.')
}

/**
 * Our tag in what a proxy has made of it. Apache and Caddy write `-gzip` behind it, Jetty `--gzip`; our own tags have 22
 * characters, so that what is behind them is not of ours.
 */
function ownForm(tag: string): string {
  return tag.replace(/^(?:W\/)?("[\w-]{22})(?:[-;:.+]{1,2}[a-z]{2,8})?"$/, '$1"')
}

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
 * RFC 9110, 13.1.1: for use inside the write's transaction. What a proxy that compresses makes of our tag is taken for it: nginx
 * makes it weak, Apache and Caddy write the encoding behind it. The RFC takes no weak tag, because such a one may stand for
 * several texts; ours is a digest of the one text, whatever was written around it.
 * @param ifMatch the header; without it everything matches
 * @param view what a GET would answer now
 * @throws {HttpError} 412
 */
export function requireMatch(ifMatch: string | undefined, view: object): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return
  const current = etagOf(JSON.stringify(view))
  const known = ['', '-gzip', '-br', '-zstd', '-deflate'].map((encoding) => current.replace(/"$/, `${encoding}"`))
  if (!ifMatch.split(',').some((tag) => known.includes(tag.trim().replace(/^W\//, ''))))
    throw new HttpError(412, 'This was changed by somebody else in the meantime. Read it again.')
}

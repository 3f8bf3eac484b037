import type { Settings } from '../platform/config.js'
import { PROBLEMS } from '../platform/failures.js'
import { prefixOf } from '../platform/public-url.js'
import { escaped, marked, page } from './page.js'

/** What each kind of problem means, and what you can do about it. */
const TEXTS: Record<string, [meaning: string, remedy: string]> = {
  'invalid-request': [
    'The service could not understand the request, or something in it is not as the document describes it. `errors` has a sentence for each field. `non_field_errors` is about no single field.',
    'Change the request. Sending it again as it is gives the same response.',
  ],
  'not-authenticated': [
    'The Authorization header has no token, or the token is unknown, revoked or expired, or its user is inactive. `detail` says which.',
    'Get a token with `POST /gettoken/` and send `Authorization: Token <value>`.',
  ],
  'not-allowed': [
    'The token is valid, but it or its user may not do this. `missing_scopes` names the scopes that it lacks.',
    'Use a token with these scopes, or ask an administrator for them.',
  ],
  'not-found': ['There is no such path or object, or you may not know of it.', 'Check the path and the id.'],
  'method-not-allowed': [
    'The path exists, but not with this method.',
    'The Allow header lists the methods that it has.',
  ],
  'not-acceptable': [
    'The Accept header does not allow the type of the response.',
    'Send `Accept: application/json` (for `/metrics`, `Accept: text/plain`), or no Accept header.',
  ],
  duplicate: [
    'Such an object exists already, or the change would remove something that must stay, such as the last active superuser.',
    '`detail` says which. If the response has Retry-After, the first request with this Idempotency-Key is still running. Send it again after that many seconds. Otherwise, change the existing object, or choose another name or number.',
  ],
  stale: [
    'Somebody has changed the object since you read it. `If-Match` names an older version.',
    'Read the object again, make your change to the new version, and send its ETag.',
  ],
  'too-large': [
    'The body is larger than 64 kB, or larger than 8 kB if the operation needs no credential.',
    'Send less at a time.',
  ],
  'unsupported-media-type': [
    'The operation does not read this Content-Type, or the body is compressed or not in UTF-8.',
    'Send `Content-Type: application/json`.',
  ],
  'key-reused': [
    'This Idempotency-Key was already used for another request.',
    'Use a new key for each new request. Use the same key only to repeat a request.',
  ],
  'too-many-requests': [
    'There were too many failed sign-ins, or more requests than the limit of this token allows.',
    'Wait as many seconds as Retry-After says. This locks no account.',
  ],
  'server-error': [
    'Something went wrong on our side. The response does not say what.',
    'Report `instance`. The log has the reason under this id.',
  ],
  unavailable: [
    'The database or the queue of sign-ins cannot serve the request right now. This says nothing about your token or your data.',
    'Send the same request again after as many seconds as Retry-After says.',
  ],
  'storage-full': ['There is no room left to store anything.', 'Tell the operator. Reading still works.'],
}

/** @returns the HTML that a problem's `type` leads to, or nothing if no problem has this name */
export function problemPage(name: string, settings: Settings): string | undefined {
  const [status, problem] = Object.entries(PROBLEMS).find(([, { name: found }]) => found === name) ?? []
  if (!problem) return undefined
  const [meaning, remedy] = TEXTS[problem.name]!
  return page(settings, {
    title: `${problem.title} (${status})`,
    content: `<p>${marked(meaning)}</p><h2>What to do</h2><p>${marked(remedy)}</p><p><a href="${prefixOf(settings)}/docs/problems/">All problems</a></p>`,
  })
}

export function problemsPage(settings: Settings): string {
  const items = Object.entries(PROBLEMS).map(
    ([status, { name, title }]) =>
      `<li><a href="${prefixOf(settings)}/docs/problems/${name}">${escaped(title)}</a> (${status})</li>`,
  )
  return page(settings, { title: 'Problems', content: `<ul>${items.join('')}</ul>` })
}

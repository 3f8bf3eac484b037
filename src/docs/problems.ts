import type { Settings } from '../platform/config.js'
import { PROBLEMS } from '../platform/failures.js'
import { prefixOf } from '../platform/public-url.js'
import { escaped, marked, page } from './page.js'

/** What each kind of problem means, and what its reader can do. */
const TEXTS: Record<string, [meaning: string, remedy: string]> = {
  'invalid-request': [
    'The request could not be understood, or something in it is not as the document describes it. `errors` has a sentence for each field; `non_field_errors` concerns no single one.',
    'Change the request; sending it again as it is gives the same response.',
  ],
  'not-authenticated': [
    'There is no token in the Authorization header, or the one that is there is unknown, revoked, expired or of an inactive user. `detail` says which.',
    'Get a token with `POST /gettoken/` and send `Authorization: Token <value>`.',
  ],
  'not-allowed': [
    'The token is good, but it or its user may not do this. `missing_scopes` names the scopes that it lacks.',
    'Use a token with these scopes, or ask an administrator for them.',
  ],
  'not-found': ['There is no such path or object, or none that you may know of.', 'Look at the path and the id.'],
  'method-not-allowed': [
    'The path exists, but not with this method.',
    'The Allow header lists the methods that it has.',
  ],
  'not-acceptable': [
    'The Accept header does not allow the type of the response.',
    'Send `Accept: application/json`, for `/metrics` `Accept: text/plain`, or no Accept header.',
  ],
  duplicate: [
    'There is such an object already, or the change would break what must stay, such as the last active superuser.',
    '`detail` says which. With Retry-After the first request with this Idempotency-Key is still running: send it again after as many seconds. Else change the object that is there, or choose another name or number.',
  ],
  stale: [
    'The object was changed since you read it: `If-Match` names another state.',
    'Read it again, make the change on top of what is there now, and send its new ETag.',
  ],
  'too-large': [
    'The body has more than 64 kB, or more than 8 kB where no credential is needed.',
    'Send less at a time.',
  ],
  'unsupported-media-type': [
    'The Content-Type is not one that this operation reads, or the body is compressed or not in UTF-8.',
    'Send `Content-Type: application/json`.',
  ],
  'key-reused': [
    'This Idempotency-Key was used for another request before.',
    'Use a new key for each new request, and the same one only for its repetition.',
  ],
  'too-many-requests': [
    'Too many failed sign-ins, or more requests than the limit of this token.',
    'Wait as many seconds as Retry-After says. No account is locked by this.',
  ],
  'server-error': [
    'Something went wrong on our side, and nothing about it is told to the outside.',
    'Report `instance`: the log has the reason under this id.',
  ],
  unavailable: [
    'The database or the queue of sign-ins cannot serve the request right now. It says nothing about your token or your data.',
    'Send the same request again after as many seconds as Retry-After says.',
  ],
  'storage-full': ['There is no room left to store anything.', 'Tell the operator; reading goes on.'],
}

/** @returns the HTML that a problem's `type` leads to; nothing for a name that no problem has */
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

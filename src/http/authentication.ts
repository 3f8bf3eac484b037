import type { Request } from 'express'
import { countRefusal } from '../audit/refusals.js'
import { handsOutRights, judge } from '../identity/access/gate.js'
import { actorOf, type Principal, principalOf } from '../identity/access/principal.js'
import { spend } from '../identity/access/rate-limit.js'
import { noteUse } from '../identity/access/usage.js'
import { isKnownScope } from '../identity/scopes/known-scopes.js'
import { HttpError, unavailable } from '../platform/failures.js'
import { isBareValue, passwordIn, sessionIn, takesBasic } from './credentials.js'
import { valuesOf } from './header-values.js'
import { toHttpError } from './problems.js'

const NONE = 'Authentication credentials were not provided.'

/** Declared by an operation whose path says which scope is needed. */
const OF_PATH = '{scope}'

/**
 * tsoa's generated routes call this before anything else of an operation. Its result becomes `request.user`. tsoa turns any error
 * without a status into 401, so every error that is not ours becomes an outage here.
 * @throws {HttpError} 401, 403, 429 or 503
 */
export async function expressAuthentication(
  request: Request,
  scheme: string,
  declared: string[] = [],
): Promise<Principal> {
  const early: Principal | undefined = request.res!.locals.principal
  if (early) return early
  try {
    const scopes = declared[0] === OF_PATH ? [request.pathParameters.scope!] : declared
    const principal = await principalIn(request, scheme)
    const { token, user, userScopes, isOldValue } = principal
    // This is for the log: even a value that is no longer valid says who still uses it, and from where.
    request.res!.locals.token = token
    const { address, method, operation } = request
    const handsOut = handsOutRights(method, operation)
    // They are named one by one, because spreading the principal costs 2 µs (measured), more than all the rules.
    const { invalid, forbidden } = judge({ token, user, userScopes, isOldValue, address, needed: scopes, handsOut })
    if (invalid) throw invalid
    // The batch writes it later. Until then this process must know that the session is in use.
    if (token.kind === 'session') token.lastUsedAt = new Date()
    tellOfItsEnd(request, principal)
    await requireBudget(request, principal)
    if (forbidden) {
      await countForbidden(forbidden, request, principal, scopes)
      throw forbidden
    }
    noteUse(principal, { address, agent: request.headers['user-agent'] ?? '', scopes })
    return principal
  } catch (error) {
    const known = error instanceof HttpError ? error : toHttpError(error)
    throw known.status === 500 ? unavailable(error) : known
  }
}

/** For an operation with a body that is too large to read from just anybody. It authenticates before the body is read. */
export async function authenticateEarly(request: Request): Promise<void> {
  request.res!.locals.principal = await expressAuthentication(request, 'Token', request.operation['x-required-scopes'])
}

function principalIn(request: Request, scheme: string): Promise<Principal> {
  const session = sessionIn(request)
  if (session !== undefined) return principalOf(session, 'lks')
  if (scheme === 'Session') throw new HttpError(401, NONE)
  return principalOf(valueIn(request), 'lk')
}

/** The value in `Authorization: Token <value>`, or DRF's sentence for what is wrong with the header. */
function valueIn(request: Request): string {
  const headers = valuesOf(request, 'authorization')
  const [header = ''] = headers
  const [scheme, value, ...rest] = header.split(/[ \t]+/).filter(Boolean)
  const isBasic = takesBasic(request) && /^basic$/i.test(scheme ?? '')
  if (!isBasic && !/^(token|bearer)$/i.test(scheme ?? ''))
    throw new HttpError(401, isBareValue(header) ? `${NONE} Send \`Authorization: Token <value>\`.` : NONE)
  if (value === undefined) throw invalidHeader('No credentials provided.')
  if (rest.length > 0 || headers.length > 1) throw invalidHeader('Token string should not contain spaces.')
  if (!isUtf8(value)) throw invalidHeader('Token string should not contain invalid characters.')
  const sent = isBasic ? passwordIn(value) : value
  if (sent === undefined) throw invalidHeader('A user name and a password are separated by a colon.')
  return sent
}

function invalidHeader(sentence: string) {
  return new HttpError(401, `Invalid token header. ${sentence}`)
}

/** Node gives each byte of a header as one character. */
function isUtf8(value: string) {
  if (/^[\x20-\x7e]*$/.test(value)) return true
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
    return true
  } catch {
    return false
  }
}

/** Adds headers, so that a client learns from its own responses that its value ends. */
function tellOfItsEnd(request: Request, { token, isOldValue }: Principal) {
  const end = isOldValue ? token.oldExpiresAt : token.expiresAt
  if (end) request.res!.set('Token-Expires-At', end.toISOString())
  if (isOldValue) request.res!.set('Token-Replaced', 'true')
}

/** Only a token with a limit pays for this. */
async function requireBudget(request: Request, { token: { id, limitRequests, limitSeconds } }: Principal) {
  if (!limitRequests || !limitSeconds) return
  const { allowed, remaining, reset } = await spend(id, { requests: limitRequests, seconds: limitSeconds })
  request.res!.set({
    'RateLimit-Policy': `"token";q=${limitRequests};w=${limitSeconds}`,
    RateLimit: `"token";r=${remaining};t=${reset}`,
  })
  if (!allowed)
    throw new HttpError(429, `This token may make ${limitRequests} requests in ${limitSeconds} s.`, {
      retryAfter: reset,
      rule: 'within the limit of the token',
    })
}

/** Counts refusals for the trail, by the minute. */
async function countForbidden({ extras }: HttpError, request: Request, principal: Principal, needed: string[]) {
  const { id, address, operation } = request
  const [scope = ''] = needed
  // Clients can put any name into a path, and each would be a row of the trail.
  const isNamed = operation.operationId === 'checkToken' && (await isKnownScope(scope).catch(() => false))
  countRefusal(actorOf({ user: principal, id, address }), {
    action: 'request.refused',
    object: isNamed ? `scope:${scope}` : operation.operationId,
    detail: `token:${principal.token.id} ${extras.missingScopes ? `needs ${needed.join(' ')}` : 'by a value that was replaced'}`,
  })
}

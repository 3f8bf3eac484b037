import type { Request } from 'express'
import { HttpError, toHttpError, unavailable } from './errors.js'
import { type Principal, principalOf, unauthenticated } from './tokens/principal.js'

/**
 * Called by tsoa's generated routes before anything else of an operation; what it returns becomes `request.user`.
 * tsoa turns any error without a status into 401, so everything that is not ours is an outage here.
 * @throws {HttpError} 401, 403 or 503
 */
export async function expressAuthentication(
  request: Request,
  _scheme: string,
  scopes: string[] = [],
): Promise<Principal> {
  const principal = await principalOf(valueIn(request), request.ip ?? '').catch((error: unknown) => {
    throw error instanceof HttpError ? error : outage(error)
  })
  request.res!.locals.userId = principal.user.id
  const missing = scopes.filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0)
    throw new HttpError(403, `This needs the scope ${missing.join(' and ')}.`, { missingScopes: missing })
  return principal
}

/** The value in `Authorization: Token <value>`, or DRF's sentence for what is wrong with the header. */
function valueIn(request: Request): string {
  const headers = request.headersDistinct.authorization ?? []
  const [scheme, value, ...rest] = parts(headers[0] ?? '')
  if (!/^(token|bearer)$/i.test(scheme ?? '')) throw unauthenticated('Authentication credentials were not provided.')
  if (value === undefined) throw unauthenticated('Invalid token header. No credentials provided.')
  if (rest.length > 0 || headers.length > 1)
    throw unauthenticated('Invalid token header. Token string should not contain spaces.')
  if (!isUtf8(value)) throw unauthenticated('Invalid token header. Token string should not contain invalid characters.')
  return value
}

function parts(header: string) {
  return header.split(/[ \t]+/).filter(Boolean)
}

/** Node gives each byte of a header as one character. */
function isUtf8(value: string) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
    return true
  } catch {
    return false
  }
}

function outage(error: unknown): HttpError {
  const known = toHttpError(error)
  return known.status === 500 ? unavailable(error) : known
}

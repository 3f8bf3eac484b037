import type { Request } from 'express'
import { sessionValueIn } from '../identity/sessions/cookie.js'
import { hasShape } from '../identity/tokens/value.js'
import { valuesOf } from './header-values.js'

const OUR_SCHEME = /^(token|bearer)([ \t]|$)/i

/**
 * The value in the cookie of the admin site. It counts only if no `Authorization` header is for us. Operations that accept Basic
 * are called by other services and never by the admin site, so there it does not count.
 */
export function sessionIn(request: Request): string | undefined {
  const { authorization, cookie } = request.headers
  if (takesBasic(request)) return undefined
  if (authorization !== undefined && (isOurs(authorization) || hasOwn(request))) return undefined
  return sessionValueIn(cookie, request.app.locals.settings)
}

/** Whether the request has a token, even a wrong one. If there are several headers, Node.js gives only the first. */
function hasOwn(request: Request) {
  return valuesOf(request, 'authorization').some(isOurs)
}

/** Whether a header is for us. As in Django REST framework another scheme is somebody else's affair, such as Basic of a proxy in front. */
function isOurs(authorization: string) {
  return OUR_SCHEME.test(authorization) || isBareValue(authorization)
}

/**
 * Whether the scheme was forgotten before the value of a token. A wrong checksum makes no difference, so that the response tells
 * nothing of the value. The value of a session does not count here with a scheme either.
 */
export function isBareValue(authorization: string): boolean {
  return hasShape(authorization, 'lk')
}

/**
 * Whether the operation also accepts Basic (RFC 7617), as libraries send it (RFC 7662, 2.1). The password is then the token, and
 * the username is ignored.
 */
export function takesBasic({ operation }: Request): boolean {
  return operation.security.some((requirement) => 'Basic' in requirement)
}

/** @returns nothing if there is no colon. Even an empty password has one before it. */
export function passwordIn(basic: string): string | undefined {
  return /^[^:]*:(.*)$/s.exec(Buffer.from(basic, 'base64').toString())?.[1]
}

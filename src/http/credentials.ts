import type { Request } from 'express'
import { sessionValueIn } from '../identity/sessions/cookie.js'
import { valuesOf } from './header-values.js'

/** A header that is for us. As in Django REST framework another scheme is somebody else's affair, such as Basic of a proxy in front. */
const OURS = /^(token|bearer)([ \t]|$)/i

/** Where services ask about tokens of others: the admin site never does, and libraries send their credential as Basic (RFC 7662, 2.1). */
const FOR_SERVICES = 'introspectToken'

/** The value in the cookie of the admin site, which stands in where no Authorization header is for us, and only there. */
export function sessionIn(request: Request): string | undefined {
  const { authorization, cookie } = request.headers
  if (request.operation.operationId === FOR_SERVICES) return undefined
  if (authorization !== undefined && (OURS.test(authorization) || hasOwn(request))) return undefined
  return sessionValueIn(cookie, request.app.locals.settings)
}

/** Whether a token was sent, be it a wrong one. Of several headers Node.js gives the first alone. */
function hasOwn(request: Request) {
  return valuesOf(request, 'authorization').some((value) => OURS.test(value))
}

/** Whether Basic (RFC 7617) is taken, whose password is the token then; the name is anybody's. */
export function takesBasic({ operation }: Request): boolean {
  return operation.operationId === FOR_SERVICES
}

/** @returns nothing where there is no colon, which stands even before an empty password */
export function passwordIn(basic: string): string | undefined {
  return /^[^:]*:(.*)$/s.exec(Buffer.from(basic, 'base64').toString())?.[1]
}

import type { Request, RequestHandler } from 'express'
import type { Settings } from '../platform/config.js'
import { HttpError } from '../platform/failures.js'
import { log } from '../platform/log.js'
import { publicBaseOf } from '../platform/public-url.js'
import { isFromProxy } from './client-address.js'
import { valuesOf } from './header-values.js'

declare global {
  namespace Express {
    interface Locals {
      settings: Settings
    }
  }
}

declare module 'express-serve-static-core' {
  interface Request {
    /** What links start with: the public URL without its last slash, or else the scheme and the allowed host of the request. */
    base: string
  }
}

/** This machine alone. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** Most readers of this are operators who open the service from another machine for the first time. */
const NOT_SERVED =
  'This host is not served here. The operator of the service can list it in LATCHKEY_ALLOWED_HOSTS, or set LATCHKEY_PUBLIC_URL to the address that people open.'

/** Refuses requests for other hosts, so that no link, cookie or mail is ever made from a name that somebody else chose. */
export function hosts({ allowedHosts, publicUrl }: Settings): RequestHandler {
  const publicBase = publicBaseOf({ publicUrl })
  const allowed = new Set([...LOOPBACK, ...allowedHosts, ...(publicUrl ? [publicUrl.hostname] : [])])
  return (request, _response, next) => {
    // A proxy may pass on the host of another service. No link is made from it.
    if (request.isCheck) return next()
    const named = valuesOf(request, 'host')
    // With a trusted proxy in front, Express takes this from X-Forwarded-Host.
    const host = request.host ?? ''
    const target = request.url.startsWith('/') ? host : hostOfUrl(request.url)
    if (named.length !== 1 || !isIn(allowed, host) || !isIn(allowed, target)) throw new HttpError(400, NOT_SERVED)
    if (request.headers['x-forwarded-for'] || request.headers['x-forwarded-host']) noticeForwarding(request)
    request.base = publicBase ?? `${request.protocol}://${host}`
    next()
  }
}

/** @param host with or without a port */
export function isLoopback(host: string): boolean {
  return LOOPBACK.includes(nameIn(host) ?? '')
}

let noticed = false

/** Logs this once. Without the setting, all clients behind a proxy share one address, and so one budget of sign-ins. */
function noticeForwarding(request: Request) {
  if (noticed || isFromProxy(request)) return
  noticed = true
  log.warn('X-Forwarded-* of a peer that LATCHKEY_TRUST_PROXY does not name are ignored')
}

function isIn(allowed: Set<string>, host: string) {
  const name = nameIn(host)
  return name !== undefined && allowed.has(name)
}

function nameIn(host: string): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:]+)(?::\d+)?$/i.exec(host)?.[1]?.toLowerCase()
}

/** A request may name a whole URL (RFC 9112, 3.2.2). */
function hostOfUrl(url: string) {
  return URL.canParse(url) ? new URL(url).host : ''
}

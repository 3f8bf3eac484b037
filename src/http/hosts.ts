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
    /** What links start with: the public URL without its last slash, else scheme and host of the request, which is an allowed one. */
    base: string
  }
}

/** This machine alone. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** Most often it is the operator who reads it, at the first look from another machine. */
const NOT_SERVED =
  'This host is not served here. Whoever runs the service names it in LATCHKEY_ALLOWED_HOSTS, or sets LATCHKEY_PUBLIC_URL to the address that people open.'

/** A request that names another host is refused: no link, cookie or mail is ever made from a name that somebody else chose. */
export function hosts({ allowedHosts, publicUrl }: Settings): RequestHandler {
  const publicBase = publicBaseOf({ publicUrl })
  const allowed = new Set([...LOOPBACK, ...allowedHosts, ...(publicUrl ? [publicUrl.hostname] : [])])
  return (request, _response, next) => {
    // A proxy may pass the host of another service on; no link is made of it.
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

/** Told once: without the setting all clients behind a proxy share one address, and so one budget of sign-ins. */
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

/** RFC 9112, 3.2.2: a request may name a whole URL. */
function hostOfUrl(url: string) {
  return URL.canParse(url) ? new URL(url).host : ''
}

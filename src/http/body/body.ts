import express, { type Request, type RequestHandler } from 'express'
import { HttpError, invalid } from '../../platform/failures.js'
import { parseForm, parseMultipart } from './form.js'
import { parseJson } from './json.js'
import { limitsOf } from './limits.js'
import { textErrors } from './text.js'

const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data'

/** By how many bytes it takes at most. */
const readers = new Map<number, RequestHandler>()

/**
 * Reads the body of POST, PUT and PATCH as the document says; on other methods it is ignored. It is strict where Express
 * is not: one charset, no byte order mark, no bad UTF-8, no repeated or dangerous names. Runs before authentication.
 */
export const body: RequestHandler[] = [
  (request, response, next) => {
    if (hasBody(request)) return readerFor(request)(request, response, next)
    request.resume()
    next()
  },
  (request, _response, next) => {
    const bytes = hasBody(request) && Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    request.body = hasBody(request) ? parsed(bytes, request) : undefined
    next()
  },
]

function readerFor({ operation }: Request): RequestHandler {
  const { bytes } = limitsOf(operation)
  const reader = readers.get(bytes) ?? express.raw({ type: () => true, limit: bytes, inflate: false })
  readers.set(bytes, reader)
  return reader
}

function hasBody({ method, operation }: Request) {
  return ['POST', 'PUT', 'PATCH'].includes(method) && operation.requestBody !== undefined
}

function parsed(bytes: Buffer, request: Request): object {
  const type = typeOf(request, bytes)
  if (bytes.length === 0) return {}
  const text = decoded(bytes)
  const value = read(text, type, request)
  if (value === null) throw invalid({ non_field_errors: ['No data provided'] })
  if (typeof value !== 'object' || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'list' : typeof value
    throw invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${kind}.`] })
  }
  const errors = textErrors(value)
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return value
}

function read(text: string, type: string, { operation, headers }: Request): unknown {
  if (type === FORM) return parseForm(text)
  if (type === MULTIPART) return parseMultipart(text, headers['content-type']!)
  return parseJson(text, limitsOf(operation).values)
}

/** A request without a body needs no type; what it lacks is then told field by field. */
function typeOf(request: Request, bytes: Buffer): string {
  const header = request.headers['content-type'] ?? ''
  if (bytes.length === 0 && header === '') return 'application/json'
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  const isUtf8 = charset === undefined || ['utf-8', 'utf8'].includes(charset.replace(/^"(.*)"$/, '$1'))
  if (!Object.keys(request.operation.requestBody!.content).includes(type) || !isUtf8)
    throw new HttpError(415, 'Unsupported media type in request.', { headers: acceptedTypes(request) })
  return type
}

function acceptedTypes({ operation, method }: Request): Record<string, string> {
  const types = Object.keys(operation.requestBody!.content).join(', ')
  // RFC 5789 and RFC 9110, 15.5.16 name the header for each method.
  return { [method === 'PATCH' ? 'Accept-Patch' : 'Accept']: types }
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new HttpError(400, 'The body is not UTF-8.', { cause })
  }
}

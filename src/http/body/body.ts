import express, { type Request, type RequestHandler } from 'express'
import { type FieldErrors, HttpError, invalid } from '../../platform/failures.js'
import { parseJson } from './json.js'
import { textErrors } from './text.js'

const FORM = 'application/x-www-form-urlencoded'

/** Fields that a form may have. */
const FORM_FIELDS = 10

const LIMIT = 64 * 1024

const readBytes = express.raw({ type: () => true, limit: LIMIT, inflate: false })

/**
 * Reads the body of POST, PUT and PATCH as the document says; on other methods it is ignored. It is strict where Express
 * is not: one charset, no byte order mark, no bad UTF-8, no repeated or dangerous names. Runs before authentication.
 */
export const body: RequestHandler[] = [
  (request, response, next) => (hasBody(request) ? readBytes(request, response, next) : next()),
  (request, _response, next) => {
    const bytes = hasBody(request) && Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    request.body = hasBody(request) ? parsed(bytes, request) : undefined
    next()
  },
]

function hasBody({ method, operation }: Request) {
  return ['POST', 'PUT', 'PATCH'].includes(method) && operation.requestBody !== undefined
}

function parsed(bytes: Buffer, request: Request): object {
  const type = typeOf(request, bytes)
  if (bytes.length === 0) return {}
  const text = decoded(bytes)
  const value = type === FORM ? parseForm(text) : parseJson(text)
  if (value === null) throw invalid({ non_field_errors: ['No data provided'] })
  if (typeof value !== 'object' || Array.isArray(value)) {
    const kind = Array.isArray(value) ? 'list' : typeof value
    throw invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${kind}.`] })
  }
  const errors = textErrors(value)
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return value
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

function parseForm(text: string): object {
  const pairs = text.split('&').filter(Boolean)
  if (pairs.length > FORM_FIELDS) throw new HttpError(400, `A form may have ${FORM_FIELDS} fields at most.`)
  const values: Record<string, string> = Object.create(null)
  const errors: FieldErrors = {}
  for (const pair of pairs) {
    const [name, value] = [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)].map(decodedPart) as [
      string,
      string,
    ]
    if (name in values) errors[name] = ['This field is given more than once.']
    values[name] = pair.includes('=') ? value : ''
  }
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return { ...values }
}

function decodedPart(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new HttpError(400, 'The form is not UTF-8.', { cause })
  }
}

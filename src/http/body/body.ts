import type { Request, RequestHandler } from 'express'
import { HttpError, invalid } from '../../platform/failures.js'
import { authenticateEarly } from '../authentication.js'
import { valuesOf } from '../header-values.js'
import { parseForm, parseMultipart } from './form.js'
import { parseJson } from './json.js'
import { isBulk, limitsOf } from './limits.js'
import { contentOf, discard, hasContent } from './read.js'
import { textErrors } from './text.js'

const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data'

/** The most bytes of a form that are read, so that a form with too many fields is told so. */
const FORM_LIMIT = 64 * 1024

/**
 * Reads the body of POST, PUT and PATCH as the document describes it. Bodies of other methods are ignored. It is stricter than
 * Express: one charset, no byte order mark, no invalid UTF-8, no repeated or dangerous names. It runs before authentication,
 * except for large bodies.
 */
export const body: RequestHandler = async (request, _response, next) => {
  if (!isRead(request)) {
    if (hasContent(request)) void discard(request)
    return next()
  }
  if (isBulk(request.operation)) await authenticateEarly(request)
  request.body = parsed(await contentOf(request, mostOf(request)), request)
  next()
}

function isRead({ method, operation }: Request) {
  return ['POST', 'PUT', 'PATCH'].includes(method) && operation.requestBody !== undefined
}

function mostOf({ operation, headers }: Request): number {
  const isForm = [FORM, MULTIPART].includes(mediaTypeOf(headers['content-type'] ?? ''))
  return isForm ? FORM_LIMIT : limitsOf(operation).bytes
}

function parsed(bytes: Buffer, request: Request): object {
  const type = typeOf(request, bytes)
  if (bytes.length === 0) return {}
  const text = decoded(bytes)
  const value = read(text, type, request)
  if (value === null) throw invalid({ non_field_errors: ['No data provided'] })
  const isList = Array.isArray(value)
  if (isBulk(request.operation) && !isList) throw invalid({ non_field_errors: ['A list of objects is required.'] })
  if (typeof value !== 'object' || (isList && !isBulk(request.operation))) {
    const kind = isList ? 'list' : typeof value
    throw invalid({ non_field_errors: [`Invalid data. Expected a dictionary, but got ${kind}.`] })
  }
  const errors = textErrors(value)
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return value
}

function read(text: string, type: string, { operation, headers }: Request): unknown {
  const { bytes, values } = limitsOf(operation)
  if (type === FORM) return parseForm(text, bytes)
  if (type === MULTIPART) return parseMultipart(text, headers['content-type']!, bytes)
  return parseJson(text, values)
}

/** A request without a body needs no type. The fields that it lacks are then named one by one. */
function typeOf(request: Request, bytes: Buffer): string {
  const header = request.headers['content-type'] ?? ''
  if (bytes.length === 0 && header === '') return 'application/json'
  const type = mediaTypeOf(header)
  const [, charset = 'utf-8'] = /;\s*charset=("[^"]*"|[^;]*)/i.exec(header) ?? []
  const isUtf8 = /^\s*"?utf-?8"?\s*$/i.test(charset)
  // If there are two headers, Node.js gives the first, and a proxy may have read the second.
  const isOne = valuesOf(request, 'content-type').length <= 1
  if (!Object.keys(request.operation.requestBody!.content).includes(type) || !isUtf8 || !isOne)
    throw new HttpError(415, 'Unsupported media type in request.', { headers: acceptedTypes(request) })
  return type
}

function mediaTypeOf(header: string) {
  return header.split(';', 1)[0]!.trim().toLowerCase()
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

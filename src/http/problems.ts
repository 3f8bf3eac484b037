import { ValidateError } from '@tsoa/runtime'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { BaseError, ConnectionError, DatabaseError, TimeoutError } from 'sequelize'
import type { Problem } from '../api/wire.js'
import { PAGE_POLICY } from '../docs/page.js'
import { type FieldErrors, HttpError, invalid, PROBLEMS, unavailable } from '../platform/failures.js'
import { prefixOf } from '../platform/public-url.js'
import { asksForPage, varyByAccept } from './accept.js'
import { discard, hasContent } from './body/read.js'
import { pageOfProblem } from './pages.js'

/** The most fields that a response names, and the most characters of a name. */
const FIELDS = 20
const NAME = 100

/** The id that a proxy gives a request need not be a UUID. */
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** The one place where something thrown becomes what the client may know. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  if (error instanceof ValidateError) return invalid(sentences(error))
  if (isStorageFull(error))
    return new HttpError(507, 'There is no room left to store this. Free some space on the disk of the database.', {
      retryAfter: 60,
      cause: error,
    })
  if (isOutage(error)) return unavailable(error)
  if (isParserError(error)) return parserError(error)
  return new HttpError(500, 'Something went wrong on our side.', { cause: error })
}

export const errorHandler: ErrorRequestHandler = (error, request, response, _next) => {
  if (!hasContent(request) || request.readableEnded || response.headersSent) return refuse(error, request, response)
  return discard(request).then(() => refuse(error, request, response))
}

function refuse(error: unknown, request: Request, response: Response) {
  const refusal = toHttpError(error)
  const { status, detail, extras } = refusal
  if (status >= 500) response.locals.failure = refusal
  // The names of fields come from the client and may be anything.
  response.locals.reason = extras.rule ?? extras.errors?.non_field_errors?.[0] ?? detail
  if (response.headersSent) return void response.destroy()

  // Clients read `errors` of a 409 as of a 400. What passes by itself has `retry_after` instead.
  const isConflict = status === 409 && !extras.retryAfter
  const errors = extras.errors ?? (isConflict ? { non_field_errors: [detail] } : undefined)
  const problem: Problem = {
    type: `${prefixOf(request.app.locals.settings)}/docs/problems/${PROBLEMS[status]!.name}`,
    title: PROBLEMS[status]!.title,
    status,
    detail,
    instance: `${UUID.test(request.id) ? 'urn:uuid' : 'urn:request-id'}:${request.id}`,
    ...(errors && { errors: named(errors) }),
    ...(extras.missingScopes && { missing_scopes: extras.missingScopes }),
    ...(extras.retryAfter && { retry_after: extras.retryAfter }),
  }
  if (extras.headers) response.set(extras.headers)
  if (extras.retryAfter) response.set('Retry-After', String(extras.retryAfter))
  if (status === 401) response.set('WWW-Authenticate', 'Token realm="latchkey"')
  const isPage = asksForPage(request)
  if (isPage) response.set('Content-Security-Policy', PAGE_POLICY)
  const text = isPage ? pageOfProblem(request, problem) : JSON.stringify(problem)
  varyByAccept(response)
  // `send` would give the problem an ETag.
  response
    .writeHead(status, {
      'Content-Type': isPage ? 'text/html; charset=utf-8' : 'application/problem+json',
      'Content-Length': Buffer.byteLength(text),
      'Cache-Control': status === 401 || request.isCheck ? 'no-store' : 'private, no-cache',
    })
    .end(text)
}

function named(errors: FieldErrors): FieldErrors {
  const first = Object.entries(errors).slice(0, FIELDS)
  return Object.fromEntries(first.map(([name, sentences]) => [name.slice(0, NAME), sentences]))
}

export const notFound: RequestHandler = () => {
  throw new HttpError(404, 'Not found.')
}

/** tsoa's own messages for rules, and DRF's sentences for them. */
const SENTENCES: [said: RegExp, sentence: string][] = [
  [/^invalid string value$/, 'Not a valid string.'],
  [/^invalid integer number$/, 'A valid integer is required.'],
  [/^invalid float number$/, 'A valid number is required.'],
  [/^invalid boolean value$/, 'Must be a valid boolean.'],
  [/^invalid ISO 8601 datetime format.*$/, 'Enter a time such as 2027-01-31T12:00:00Z.'],
  [/^invalid ISO 8601 date format.*$/, 'Enter a day such as 2027-01-31.'],
  [/^invalid array$/, 'A list is required.'],
  [/^(minLength 1|Not match in '\\S')$/, 'This field may not be blank.'],
  [/^minLength (\d+)$/, 'Ensure this field has at least $1 characters.'],
  [/^maxLength (\d+)$/, 'Ensure this field has no more than $1 characters.'],
  [/^min (\S+)$/, 'Ensure this value is greater than or equal to $1.'],
  [/^max (\S+)$/, 'Ensure this value is less than or equal to $1.'],
]

/** tsoa's message for a member that a type does not have. The name stands before it. */
const EXCESS = 'is an excess property and therefore is not allowed'

/** tsoa keeps each rejected value next to its message. Values may be secrets, so only sentences are sent. */
function sentences({ fields }: ValidateError): FieldErrors {
  return Object.fromEntries(
    Object.entries(fields).map(([path, { message, value }]) => [fieldOf(path), [sentence(path, message, value)]]),
  )
}

/** `body.scopes.$0` and `query.limit` are `scopes.0` and `limit` to the client. */
function fieldOf(path: string) {
  const name = path.replace(/^(body|query)(\.|$)/, '').replace(/(^|\.)\$(?=\d)/g, '$1')
  return name || 'non_field_errors'
}

function sentence(path: string, message: string, value: unknown) {
  if (value === undefined) return 'This field is required.'
  if (value === null) return 'This field may not be null.'
  if (message.endsWith(EXCESS)) return 'This field is unknown.'
  const issues = issuesOf(message)
  if (issues) return sentenceOfUnion(issues)
  const [, member] = /^should be one of the following; \[(.*)\]$/.exec(message) ?? []
  if (member) return `This must be one of ${member.replaceAll("'", '').replaceAll(',', ', ')}.`
  const told = drfSentence(message)
  return path.startsWith('query.') ? told.replace(/^Ensure this field/, 'Ensure this value') : told
}

/** DRF's sentence for a rule of a wire type that has no sentence of its own. */
function drfSentence(message: string): string {
  const [pattern, text] = SENTENCES.find(([pattern]) => pattern.test(message)) ?? []
  return pattern && text ? message.replace(pattern, text) : message
}

/**
 * The messages for each type of a union or an intersection. tsoa puts them into its message as JSON, together with the value,
 * which may look like a message itself. So the message is read as JSON, and the values stay there.
 */
function issuesOf(message: string): string[] | undefined {
  const [, json] = /^Could not match .*?: (.*)$/s.exec(message) ?? []
  if (json === undefined) return undefined
  const issues = JSON.parse(json) as Record<string, { message?: string }>[]
  return issues
    .flatMap((issue) => Object.values(issue).map(({ message = '' }) => message))
    .flatMap((inner) => issuesOf(inner) ?? [inner.endsWith(EXCESS) ? 'There is an unknown field in it.' : inner])
}

/**
 * To tsoa, each member of an enumeration is a type of its own. For other unions, a sentence of the wire type counts, or else that
 * of its last type.
 */
function sentenceOfUnion(issues: string[]): string {
  const members = issues.flatMap((text) => /^should be one of the following; \['(.*)'\]$/.exec(text)?.[1] ?? [])
  if (members.length > 0) return `This must be one of ${members.join(', ')}.`
  const types = issues.filter((text) => !text.startsWith('should be one of the following'))
  return types.find((text) => !SENTENCES.some(([pattern]) => pattern.test(text))) ?? drfSentence(types.at(-1) ?? '')
}

function isStorageFull(error: unknown) {
  return error instanceof BaseError && ['SQLITE_FULL', '53100'].includes(codeOf(error))
}

/**
 * Errors that are not the fault of the statement: no connection, no turn, no reply, no disk. PostgreSQL's classes are in its
 * appendix A.
 */
function isOutage(error: unknown) {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true
  if (!(error instanceof DatabaseError)) return false
  return (
    /^(SQLITE_(BUSY|LOCKED|INTERRUPT|IOERR|CANTOPEN|CORRUPT|NOTADB|READONLY|PROTOCOL)|08...|25006|40001|40P01|53...|55P03|57...|58...|ECONN.*|EPIPE)$/.test(
      codeOf(error),
    ) || /timeout|terminated|not queryable/i.test(error.message)
  )
}

function codeOf(error: BaseError): string {
  const { parent } = error as { parent?: { code?: string } }
  return parent?.code ?? ''
}

/** Express and its static files mark the errors that the client may know. */
function isParserError(error: unknown): error is { status: number } {
  return typeof error === 'object' && error !== null && 'status' in error && 'expose' in error && error.expose === true
}

function parserError(error: { status: number }): HttpError {
  if (error.status === 412 || error.status === 416)
    return new HttpError(412, 'The condition of the request does not hold.', { cause: error })
  return new HttpError(400, 'The request cannot be read.', { cause: error })
}

import { type FieldErrors, HttpError, invalid } from '../../platform/failures.js'
import { tooLarge } from './read.js'

/** The most fields of a form. */
const FIELDS = 10

type Field = [name: string, value: string]

/**
 * `application/x-www-form-urlencoded`.
 * @param most bytes. Too many fields are reported before too many bytes, as in Django REST framework.
 * @throws {HttpError} 400 or 413
 */
export function parseForm(text: string, most: number): object {
  const pairs: string[] = []
  for (const [pair] of text.matchAll(/[^&]+/g)) {
    pairs.push(pair)
    requireFew(pairs)
  }
  requireShort(text, most)
  return valuesOf(
    pairs.map((pair) => {
      const [name, value = ''] = [pair.split('=', 1)[0]!, pair.slice(pair.indexOf('=') + 1)].map(decoded)
      return [name!, pair.includes('=') ? value : '']
    }),
  )
}

/**
 * `multipart/form-data` (RFC 7578) with text only, such as `curl -F` sends. A sign-in form has no file.
 * @param contentType the whole header, because it contains the boundary
 * @param most bytes. A file is reported before too many bytes.
 * @throws {HttpError} 400 or 413
 */
export function parseMultipart(text: string, contentType: string, most: number): object {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? []
  const boundary = quoted ?? plain
  // Text before the first boundary and after the last one does not count (RFC 2046, 5.1.1).
  const [, ...parts] = `\r\n${text}`.split(`\r\n--${boundary}`)
  const end = parts.findIndex((part) => part.startsWith('--'))
  if (boundary === undefined || end === -1) throw unreadable()
  requireFew(parts.slice(0, end))
  const values = valuesOf(parts.slice(0, end).map(fieldIn))
  requireShort(text, most)
  return values
}

function fieldIn(part: string): Field {
  const [, head, value] = /^[ \t]*((?:\r\n[^\r\n]+)+)\r\n\r\n(.*)$/s.exec(part) ?? []
  const [, parameters] = /^content-disposition:[ \t]*form-data[ \t]*(;.*)$/im.exec(head ?? '') ?? []
  const [, quoted, plain] = /;[ \t]*name=(?:"([^"]*)"|([^\s;"]+))/i.exec(parameters ?? '') ?? []
  const name = quoted ?? plain
  if (name === undefined || value === undefined) throw unreadable()
  if (/;[ \t]*filename\*?=/i.test(parameters!) || isEncoded(head!)) throw invalid({ [name]: ['Not a valid string.'] })
  return [name, value]
}

/** Whether a part says that it is not plain UTF-8. Its text would then be read wrongly. */
function isEncoded(head: string) {
  const [, encoding = '8bit'] = /^content-transfer-encoding:[ \t]*([^\s;]*)/im.exec(head) ?? []
  const [, charset = 'utf-8'] = /^content-type:.*;[ \t]*charset="?([^\s;"]*)/im.exec(head) ?? []
  return !/^(7bit|8bit|binary)$/i.test(encoding) || !/^(utf-?8|us-ascii)$/i.test(charset)
}

function requireFew(parts: string[]) {
  if (parts.length > FIELDS) throw new HttpError(400, `A form may have ${FIELDS} fields at most.`)
}

function requireShort(text: string, most: number) {
  if (Buffer.byteLength(text) > most) throw tooLarge(most)
}

function valuesOf(fields: Field[]): object {
  const values: Record<string, string> = Object.create(null)
  const errors: FieldErrors = Object.create(null)
  for (const [name, value] of fields) {
    if (name in values) errors[name] = ['This field is given more than once.']
    values[name] = value
  }
  if (Object.keys(errors).length > 0) throw invalid(errors)
  return { ...values }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw new HttpError(400, 'The form is not UTF-8.', { cause })
  }
}

function unreadable() {
  return new HttpError(400, 'Multipart form parse error.')
}

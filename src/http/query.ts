import type { Request } from 'express'
import { type FieldErrors, invalid } from '../platform/failures.js'
import { textErrors } from './body/text.js'
import { OURS } from './logged-path.js'

/** What this file reads of an operation in the document. */
interface Operation {
  tags: string[]
  parameters?: { name: string; in: string }[]
}

/**
 * Text copied from a header, with the value of a token that was imported from another service. Such a value does not have our
 * prefix.
 */
const AFTER_SCHEME = /\b(?:token|bearer)[ \t]+[!-~]{0,10}[0-9a-f]{40}/i

/** An imported value alone. Except among tokens, it may be the digest of a file or the name of a commit. */
const IMPORTED = /^[!-~]{0,10}[0-9a-f]{40,}$/

const SECRET =
  'This looks like the value of a token, which belongs in no URL. Look it up by POST /api/tokens/lookup, and rotate it where the URL may have been kept.'

/**
 * Refuses unknown query parameters, because a misspelt filter that is ignored would show everything. Also refuses a parameter
 * that is given twice, and text that may be a secret.
 * @throws {HttpError} 400
 */
export function requireKnownQuery(request: Request, operation: Operation | undefined): void {
  // Express parses the query every time that it is read.
  if (!request.url.includes('?')) return
  const known = (operation?.parameters ?? []).filter((parameter) => parameter.in === 'query').map(({ name }) => name)
  const errors: FieldErrors = Object.create(null)
  for (const [name, value] of Object.entries(request.query)) {
    if (!known.includes(name)) errors[name] = ['This query parameter is unknown.']
    else if (Array.isArray(value)) errors[name] = ['This query parameter is given more than once.']
    else if (mayBeSecret(name, String(value), operation!)) errors[name] = [SECRET]
    else Object.assign(errors, textErrors({ [name]: value }))
  }
  if (Object.keys(errors).length > 0) throw invalid(errors)
}

/** Our own cursors are random text, and may look like a secret. */
function mayBeSecret(name: string, value: string, { tags }: Operation): boolean {
  if (name === 'cursor') return false
  return OURS.test(value) || AFTER_SCHEME.test(value) || (tags.includes('tokens') && IMPORTED.test(value.trim()))
}

import { Op } from 'sequelize'
import { invalid } from '../../platform/failures.js'
import { admitUse } from '../sign-in/throttle.js'
import { importedDigestsOf, isImportedShape } from '../tokens/imported.js'
import { whereValue } from '../tokens/state.js'
import { SHOWN, Token } from '../tokens/token.js'
import { digestOf, isWellFormed } from '../tokens/value.js'
import { type Principal, visibleTokens } from './principal.js'

/** How many values a user may look up in a minute. */
const MOST_PER_MINUTE = 60

/** What stands before a value that was copied from a header. */
const SCHEME = /^(?:authorization:)?\s*(?:token|bearer)\s+/i

/**
 * Finds the token of a value, among those that the caller may see. It does not count as a use. A value that no token has, and one
 * of somebody else's token, take the same single statement, so that the time does not tell them apart.
 * @param pasted the value, perhaps with the scheme of a header before it
 * @throws {HttpError} 400 for a value that no token can have, 429, 503
 */
export async function lookUp(pasted: string, principal: Principal): Promise<Token | undefined> {
  const value = pasted.trim().replace(SCHEME, '')
  const isSession = isWellFormed(value, 'lks')
  const isOurs = isWellFormed(value, 'lk')
  if (!isSession && !isOurs && !isImportedShape(value))
    throw invalid({ token: ['No token has such a value. A part of it may be missing.'] })
  await admitUse('lookup', { userId: principal.user.id }, MOST_PER_MINUTE)
  // Lists of tokens have no sessions.
  if (isSession) return undefined
  const digests = isOurs ? [digestOf(value)] : await importedDigestsOf(value)
  const where = { [Op.and]: [visibleTokens(principal), whereValue(digests)] }
  return (await Token.findOne({ where, include: SHOWN })) ?? undefined
}

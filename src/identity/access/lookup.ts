import { Op } from 'sequelize'
import { invalid } from '../../platform/failures.js'
import { admitUse } from '../sign-in/throttle.js'
import { importedDigestsOf, isImportedShape } from '../tokens/imported.js'
import { whereValue } from '../tokens/state.js'
import { SHOWN, Token } from '../tokens/token.js'
import { digestOf, isWellFormed } from '../tokens/value.js'
import { type Principal, visibleTokens } from './principal.js'

/** Values that a user may look up in a minute. */
const MOST_PER_MINUTE = 60

/** What stands before a value where it was copied from a header. */
const SCHEME = /^(?:authorization:)?\s*(?:token|bearer)\s+/i

/**
 * The token of a value, among those that the caller sees; this is no use of it. What nobody has and what somebody else has is the same
 * one statement, so that the time tells neither from the other.
 * @param pasted the value, perhaps with what stands before it in a header
 * @throws {HttpError} 400 for what no token can have, 429, 503
 */
export async function lookUp(pasted: string, principal: Principal): Promise<Token | undefined> {
  const value = pasted.trim().replace(SCHEME, '')
  const isSession = isWellFormed(value, 'lks')
  const isOurs = isWellFormed(value, 'lk')
  if (!isSession && !isOurs && !isImportedShape(value))
    throw invalid({ token: ['No token has such a value. A part of it may be missing.'] })
  await admitUse('lookup', { userId: principal.user.id }, MOST_PER_MINUTE)
  // Sessions are not listed among tokens.
  if (isSession) return undefined
  const digests = isOurs ? [digestOf(value)] : await importedDigestsOf(value)
  const where = { [Op.and]: [visibleTokens(principal), whereValue(digests)] }
  return (await Token.findOne({ where, include: SHOWN })) ?? undefined
}

import { Op } from 'sequelize'
import { deleteBefore, type Sweep } from '../../platform/database/sweep.js'
import { Token } from './token.js'

/**
 * The columns that say how a token or a session ended. Those of a deleted user were revoked with the user. Each has an index
 * (migrations 0006 and 0037).
 */
const WAYS = ['revokedAt', 'expiresAt'] as const

/**
 * Removes records of tokens and sessions that ended long ago, the earlier end counting. Foreign keys also remove what they were
 * used for and from where. Their events and their history stay, and no id is given again. A value that has ended opens nothing,
 * with or without its record, so no process needs to know.
 * @param maxAge milliseconds since the end
 */
export function endedTokens(maxAge: number): Sweep {
  const oldest = () => new Date(Date.now() - maxAge)
  return {
    kind: 'tokens',
    due: () => Token.count({ where: { [Op.or]: WAYS.map((way) => ({ [way]: { [Op.lt]: oldest() } })) } }),
    piece: async (transaction) => {
      for (const way of WAYS) {
        const count = await deleteBefore(Token, way, oldest(), transaction)
        if (count > 0) return count
      }
      return 0
    },
  }
}

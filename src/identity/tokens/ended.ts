import { Op } from 'sequelize'
import { deleteBefore, type Sweep } from '../../platform/database/sweep.js'
import { Token } from './token.js'

/** How a token or a session ends: that of a deleted user was revoked with it. Each has an index (migrations 0006 and 0037). */
const WAYS = ['revokedAt', 'expiresAt'] as const

/**
 * Records of tokens and sessions whose end is long ago, the first where there are two. What they were used for and from where goes with
 * them by the foreign keys; their events and their history stay, and no id is given again. A value that has ended opens nothing,
 * with its record or without, so that no process has to be told.
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

import type { Transaction } from 'sequelize'
import { act } from '../../audit/act.js'
import type { Actor } from '../../audit/actor.js'
import type { Act } from '../../audit/event.js'
import { updateIn } from '../../platform/database/prepared-writes.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { scopesOf, textOf } from '../scopes/grammar.js'
import { unknownScope } from '../scopes/own-scope.js'
import { User } from '../users/user.js'
import { boundsOf } from './bounds.js'
import { changeOf, tokenFacts } from './facts.js'
import { latestExpiry, stateOf } from './state.js'
import { checkedName, type PersonalWish, Token, type TokenRow } from './token.js'
import { TokenScope } from './usage-rows.js'

/** The changes to a personal token. Absent fields stay as they are. */
export type TokenChanges = Partial<Pick<PersonalWish, 'name' | 'scopes' | 'networks' | 'expiresAt' | 'rateLimit'>>

type OwnedToken = Token & { user: User }

interface Conditions {
  /** Whose token it must be; nothing for anybody's. */
  ownerId?: number
  /** Milliseconds that the settings let a token live, from when it was made. */
  maxAge: number | undefined
  /**
   * Throws inside the transaction when the token as it is may not be changed, or may not become what is asked for.
   * @param wish all of what the token would be, as if it were made with it
   */
  judge: (found: OwnedToken, wish: PersonalWish, transaction: Transaction) => Promise<void>
}

/**
 * Changes a personal token. Its value stays, and so does an old value that still works. The change applies to both.
 * @throws {HttpError} 404, 400 also for an account token, 409 for a token that has ended
 */
export function changeToken(
  id: number,
  changes: TokenChanges,
  { ownerId, maxAge, judge }: Conditions,
  actor: Actor,
): Promise<OwnedToken> {
  const lock = (transaction: Transaction) => unknownScope(changes.scopes ?? [], transaction)
  let before: object = {}
  const isOther = (token: Token) => JSON.stringify(tokenFacts(token)) !== JSON.stringify(before)
  const rights = (token: Token) => (isOther(token) ? (`token:${id}` as const) : undefined)
  const what = (token: Token): Act | undefined =>
    isOther(token) ? { action: 'token.changed', object: `token:${id}`, change: changeOf(before, token) } : undefined
  return act({ actor, lock, rights, what }, async (transaction, complaint) => {
    const token = await Token.lockedOf(id, ownerId, transaction)
    token.usedScopes = await TokenScope.findAll({ where: { tokenId: id }, transaction })
    if (token.kind !== 'personal')
      throw new HttpError(400, 'An account token stands for its user, so it cannot be changed.')
    if (['revoked', 'expired'].includes(stateOf(token))) throw new HttpError(409, 'This token has ended.')
    if (complaint) throw invalid({ scopes: [complaint] })
    const wish = wishOf(token, changes, maxAge)
    if (wish.scopes.length === 0) throw invalid({ scopes: ['Ensure there is at least one scope.'] })
    const user = (await User.findByPk(token.userId, { transaction }))!
    const found = Object.assign(token, { user })
    await judge(found, wish, transaction)
    before = tokenFacts(token)
    await updateIn(transaction, token, valuesOf(token, wish))
    return found
  })
}

function wishOf(token: TokenRow, changes: TokenChanges, maxAge: number | undefined): PersonalWish {
  const { createdAt } = token
  const now = boundsOf(token)
  const {
    name = token.name,
    scopes = scopesOf(token.scopes!),
    networks = now.networks,
    expiresAt = now.expiresAt,
    rateLimit = now.rateLimit,
  } = changes
  // If no end is given, it is the latest that the settings allow, as for a new token.
  const end = changes.expiresAt === null ? latestExpiry(maxAge, createdAt) : expiresAt
  return { name, scopes, networks, expiresAt: end, rateLimit, maxAge, madeAt: createdAt }
}

function valuesOf(token: TokenRow, { name, scopes, networks, expiresAt, rateLimit }: PersonalWish) {
  const { oldExpiresAt } = token
  return {
    // A name from before a rule stays as long as nobody gives another one.
    name: name === token.name ? name : checkedName(name),
    expiresAt,
    networks: networks.join(' ') || null,
    limitRequests: rateLimit?.requests ?? null,
    limitSeconds: rateLimit?.seconds ?? null,
    scopes: textOf(scopes),
    // The value before the last rotation never outlives the token, nor wins time by it.
    oldExpiresAt: oldExpiresAt && expiresAt && expiresAt < oldExpiresAt ? expiresAt : oldExpiresAt,
  }
}

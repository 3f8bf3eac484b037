import { DataTypes, type InferAttributes, type InferCreationAttributes, Model, type Transaction } from 'sequelize'
import type { Actor } from '../../audit/actor.js'
import { Event } from '../../audit/event.js'
import { countRefusal } from '../../audit/refusals.js'
import { addressKey } from '../../platform/addresses.js'
import { sequelize } from '../../platform/database/connection.js'
import { write } from '../../platform/database/write-queue.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { plainName } from '../../platform/names.js'
import { drawnBy } from '../users/drawn-hash.js'
import { tryingAt } from '../users/hash-gate.js'
import { importedHashOf } from '../users/imported-hash.js'
import { type Holder, type Match, matchOf, type PasswordHash } from '../users/password.js'
import { User } from '../users/user.js'
import { admitAttempt, personOf } from './throttle.js'

/** An address from which a user has signed in. It keeps its own budget while others guess. */
export class KnownAddress extends Model<InferAttributes<KnownAddress>, InferCreationAttributes<KnownAddress>> {
  declare userId: number
  declare address: string
  declare lastLoginAt: Date
}

KnownAddress.init(
  {
    userId: { type: DataTypes.INTEGER, primaryKey: true },
    address: { type: DataTypes.TEXT, primaryKey: true },
    lastLoginAt: { type: DataTypes.DATE, allowNull: false },
  },
  { sequelize, tableName: 'known_addresses' },
)

/**
 * Signs in with credentials that came from outside.
 * @returns the user, and the actor for them, whose `recheck` checks that the password has not changed since
 * @throws {HttpError} 400 with DRF's sentences, otherwise as `signIn`
 */
export async function signInFrom(
  { username, password }: { username: string; password: string },
  { id: requestId, address }: { id: string; address: string },
): Promise<{ user: User; actor: Actor }> {
  if (username.trim() === '') throw invalid({ username: ['This field may not be blank.'] })
  const stranger: Actor = { kind: 'stranger', id: null, name: 'stranger', address, requestId }
  const user = await signIn(username, password, stranger)
  if (!user) throw invalid({ non_field_errors: ['Unable to log in with provided credentials.'] })
  const recheck = (transaction: Transaction) => user.requireSamePassword(transaction)
  return { user, actor: { ...stranger, kind: 'user', id: user.id, name: user.username, recheck } }
}

/** Sign-ins of this process by their result, for the metrics. */
export const loginCounts = { succeeded: 0, failed: 0, throttled: 0, busy: 0 }

/**
 * The only way to exchange a password for anything. Whatever is wrong, the response is the same and takes the same time.
 * @param actor where the request comes from. It has no user yet
 * @returns the active user with this name and password, or nothing
 * @throws {HttpError} as `verifyPassword`
 */
export async function signIn(username: string, password: string, actor: Actor): Promise<User | undefined> {
  for (;;) {
    const match = await verifyPassword(username, password, actor)
    if (!match) return undefined
    const now = await recordSignIn(match.user, match.fresh, actor)
    // Another sign-in may have renewed the hash, or somebody may have set a new password. Only the new hash can tell.
    if (now === 'replaced') continue
    loginCounts[now ? 'succeeded' : 'failed']++
    return now
  }
}

/**
 * Whether a password is that of an active user. Every attempt counts. A wrong password is recorded in the trail, and a correct
 * one leaves nothing behind.
 * @returns the user at the time when the password was compared, or nothing
 * @throws {HttpError} 429 after too many failures, 503 if too many hashes wait
 */
export async function verifyPassword(
  username: string,
  password: string,
  actor: Actor,
): Promise<(Match & { user: User }) | undefined> {
  const user = await User.findOne({ where: { username: plainName(username) } })
  const known = await KnownAddress.findOne({ where: { userId: user?.id ?? 0, address: addressKey(actor.address) } })
  const refused = (detail: string) =>
    countRefusal(
      { ...actor, id: user?.id ?? null, name: user?.username ?? 'unknown user' },
      { action: 'login.failed', object: user ? `user:${user.id}` : '', detail },
    )
  const attempt = await admitAttempt(username, actor.address, known !== null).catch((error: unknown) => {
    if (error instanceof HttpError && error.status === 429) {
      loginCounts.throttled++
      refused('too many tries')
    }
    throw error
  })
  const hasher = tryingAt(personOf(username), actor.address, known !== null)
  const compare = async () => matchOf(password, await holderOf(username, user), hasher)
  const match = await compare().catch(async (error: unknown) => {
    // No password was compared, so nothing was guessed. Usually the queue was full.
    loginCounts.busy++
    await attempt.withdrawn()
    throw error
  })
  if (!match || !user?.isActive) {
    loginCounts.failed++
    refused('wrong credentials')
    return undefined
  }
  await attempt.succeeded()
  return { ...match, user }
}

/** The hash that the password is compared with. For a user who may not sign in, it is one that no password matches. */
async function holderOf(username: string, user: User | null): Promise<Holder> {
  const drawn = await drawnBy(plainName(username))
  if (!user?.isActive) return { passwordHash: null, passwordKey: null, drawn }
  const { passwordHash, passwordKey } = user
  return { passwordHash, passwordKey, imported: importedHashOf(user), drawn }
}

/**
 * @param fresh a hash that replaces an outdated one
 * @returns the row, `replaced` if its hash is no longer the one that was compared, or nothing if the user is no longer active
 */
function recordSignIn(
  user: User,
  fresh: PasswordHash | undefined,
  actor: Actor,
): Promise<User | 'replaced' | undefined> {
  return write(async (transaction) => {
    const row = await User.findByPk(user.id, { transaction, lock: transaction.LOCK.UPDATE })
    if (!row?.isActive) return undefined
    // A hash that was replaced meanwhile must not come back, because the new one may be that of a new password.
    if (!row.hasPasswordOf(user)) return 'replaced'
    const address = addressKey(actor.address)
    await KnownAddress.upsert({ userId: user.id, address, lastLoginAt: new Date() }, { transaction })
    if (fresh) await row.update(fresh, { transaction })
    const event = { action: 'login.succeeded', object: `user:${user.id}` } as const
    await Event.record({ ...actor, kind: 'user', id: user.id, name: user.username }, event, transaction)
    return row
  })
}

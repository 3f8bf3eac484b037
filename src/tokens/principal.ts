import { BlockList, isIP } from 'node:net'
import { Op } from 'sequelize'
import { HttpError, invalid } from '../errors.js'
import { EVERYONE, Group } from '../groups/group.js'
import { SCOPES, scopesOf, unknownScope } from '../groups/scopes.js'
import { Membership, type User } from '../users/user.js'
import { Token } from './token.js'
import { digestOf, isWellFormed } from './value.js'

/** Who a request is: the user, the credential, and what the two together may do. */
export interface Principal {
  user: User
  token: Token
  scopes: readonly string[]
  /** A superuser by account token or session: the only one who hands out rights and acts for others. */
  isFullSuperuser: boolean
}

/**
 * Checks a token's value; HTTP, the command and the admin site all ask here.
 * @param address where the request comes from
 * @throws {HttpError} 401 with the sentence for its cause
 */
export async function principalOf(value: string, address: string): Promise<Principal> {
  if (!isWellFormed(value, 'lk')) throw unauthenticated('Invalid token.')
  const token = await Token.findOne({ where: { digest: digestOf(value) }, include: 'user' })
  if (token?.state !== 'active' || !worksFrom(token, address)) throw unauthenticated('Invalid token.')
  const user = token.user!
  if (!user.isActive) throw unauthenticated('User inactive or deleted.')
  const scopes = await scopesOfUser(user)
  return {
    user,
    token,
    scopes: token.scopes === null ? scopes : scopesOf(token.scopes).filter((scope) => scopes.includes(scope)),
    isFullSuperuser: user.isSuperuser && token.kind !== 'personal',
  }
}

/** What a user may do: the scopes of the own groups and of `everyone`; a superuser, all. */
export async function scopesOfUser(user: User): Promise<readonly string[]> {
  if (user.isSuperuser) return SCOPES
  const memberships = await Membership.findAll({ where: { userId: user.id } })
  const where = { [Op.or]: [{ name: EVERYONE }, { id: memberships.map(({ groupId }) => groupId) }] }
  const groups = await Group.findAll({ where })
  return [...new Set(groups.flatMap((group) => group.scopeList))].sort()
}

/** @throws {HttpError} 403 */
export function requireFullSuperuser({ isFullSuperuser }: Principal, doing: string): void {
  if (!isFullSuperuser) throw new HttpError(403, `Only a superuser, by account token or session, may ${doing}.`)
}

/** One's own tokens; everybody's for a superuser. Sessions are never among tokens. */
export function visibleTokens({ isFullSuperuser, user }: Principal) {
  const listed = { kind: { [Op.ne]: 'session' } }
  return isFullSuperuser ? listed : { ...listed, userId: user.id }
}

/** A token that somebody asks for. */
export interface TokenWish {
  owner: User
  scopes: string[]
  networks: string[]
  expiresAt: Date | null
}

/**
 * Nobody hands out what they do not hold in the request at hand.
 * @throws {HttpError} 403 for more than the principal may give, 400 as `requireSensible`
 */
export async function requireGrantable(principal: Principal, wish: TokenWish): Promise<void> {
  await requireSensible(wish)
  if (wish.owner.id !== principal.user.id) return
  const missing = wish.scopes.filter((scope) => !principal.scopes.includes(scope))
  if (missing.length > 0)
    throw new HttpError(403, 'This token cannot give what it does not have.', { missingScopes: missing })
  if (principal.token.kind === 'personal') requireWithin(principal.token, wish.networks, wish.expiresAt)
}

/** @throws {HttpError} 400 for unknown scopes, for scopes that the owner lacks, for what is no network, for a past time */
export async function requireSensible({ owner, scopes, networks, expiresAt }: TokenWish): Promise<void> {
  const complaint = unknownScope(scopes)
  if (complaint) throw invalid({ scopes: [complaint] })
  if (networks.some((network) => !isNetwork(network)))
    throw invalid({ networks: ['A network is an address, or an address, a slash and a prefix length.'] })
  if (expiresAt && expiresAt.getTime() <= Date.now())
    throw invalid({ expires_at: ['Ensure this time is in the future.'] })

  const ownersScopes = await scopesOfUser(owner)
  const beyond = scopes.filter((scope) => !ownersScopes.includes(scope))
  if (beyond.length > 0) throw invalid({ scopes: [`The user does not have ${beyond.join(', ')}.`] })
}

/** A personal token makes no token that works longer or from more places than itself. */
function requireWithin(parent: Token, networks: string[], expiresAt: Date | null) {
  if (parent.expiresAt && (!expiresAt || expiresAt > parent.expiresAt))
    throw new HttpError(403, 'This token cannot make one that outlives it.')
  const allowed = parent.networks?.split(' ')
  if (allowed && (networks.length === 0 || networks.some((network) => !allowed.includes(network))))
    throw new HttpError(403, 'This token cannot make one that works from other networks.')
}

export function unauthenticated(sentence: string): HttpError {
  return new HttpError(401, sentence)
}

function isNetwork(text: string) {
  const [address, prefix, ...rest] = text.split('/')
  const version = isIP(address ?? '')
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}

function worksFrom({ networks }: Token, address: string) {
  if (networks === null) return true
  const list = new BlockList()
  for (const network of networks.split(' ')) {
    const [base, prefix] = network.split('/') as [string, string | undefined]
    const family = familyOf(base)
    list.addSubnet(base, Number(prefix ?? (family === 'ipv4' ? 32 : 128)), family)
  }
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return isIP(plain) !== 0 && list.check(plain, familyOf(plain))
}

function familyOf(address: string) {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

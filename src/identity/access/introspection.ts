import { addressIn } from '../../platform/addresses.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { judge } from './gate.js'
import { type Principal, principalOf } from './principal.js'
import { noteUse } from './usage.js'

interface Question {
  value: string
  /** Where the client comes from, as the service that asks has it. */
  address?: string
  /** Who asks, and from where. */
  asker: { name: string; address: string }
}

/**
 * Whose value this is, if it is a token that counts from that address: one that is bound to networks counts from none that is
 * not told. It is a use of the token, and spends nothing of its limit, which is for requests that the token itself makes.
 * @returns nothing for a value that does not count, for whatever reason (RFC 7662, 2.2)
 * @throws {HttpError} 400 for an address that is none; 503
 */
export async function introspect({ value, address, asker }: Question): Promise<Principal | undefined> {
  const from = address === undefined ? '' : addressIn(address)
  if (from === undefined) throw invalid({ address: ['This is no IP address.'] })
  const principal = await principalOf(value, 'lk').catch((error: unknown) => {
    if (error instanceof HttpError && error.status === 401) return undefined
    throw error
  })
  if (!principal) return undefined
  const { token, user, userScopes, isOldValue } = principal
  const use = { token, user, userScopes, isOldValue, address: from, needed: [], handsOut: false }
  if (judge(use).invalid) return undefined
  noteUse(principal, { address: from || asker.address, agent: `introspected by ${asker.name}`, scopes: [] })
  return principal
}

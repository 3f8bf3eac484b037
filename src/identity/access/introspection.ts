import { addressIn } from '../../platform/addresses.js'
import { HttpError, invalid } from '../../platform/failures.js'
import { judge } from './gate.js'
import { type Principal, principalOf } from './principal.js'
import { noteUse } from './usage.js'

interface Question {
  value: string
  /** The client's address, as the service that asks sees it. */
  address?: string
  /** Who asks, and from where. */
  asker: { name: string; address: string }
}

/**
 * Says whose token this is, if it is valid from that address. A token that is bound to networks is not valid if no address is
 * given. This is a use of the token, but does not count against its limit, which is for requests that the token itself makes.
 * @returns nothing for a value that is not valid, for whatever reason (RFC 7662, 2.2)
 * @throws {HttpError} 400 for an invalid address, 503
 */
export async function introspect({ value, address, asker }: Question): Promise<Principal | undefined> {
  const from = address === undefined ? '' : addressIn(address)
  if (from === undefined) throw invalid({ address: ['This is not an IP address.'] })
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

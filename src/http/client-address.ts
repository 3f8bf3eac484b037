import type { Request } from 'express'
import proxyAddress from 'proxy-addr'
import { addressIn } from '../platform/addresses.js'
import type { Settings } from '../platform/config.js'
import { log } from '../platform/log.js'

/** Express's own rule, except that the address of a proxy may have a port. */
export function trusts({ trustProxy }: Settings): (address: string, hop: number) => boolean {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy
  const isProxy = proxyAddress.compile(trustProxy)
  return (address, hop) => isProxy(addressIn(address) ?? address, hop)
}

/**
 * The address of the client, in one spelling, because budgets, networks and the trail compare it as text. If a trusted proxy
 * gives no address (`unknown`, or a name), the proxy counts as the client.
 */
export function clientAddress({ ip = '', socket }: Request): string {
  const address = addressIn(ip)
  if (address !== undefined) return address
  const peer = addressIn(socket.remoteAddress ?? '') ?? ''
  if (peer !== '') noticeNoAddress()
  return peer
}

/** Whether a proxy in LATCHKEY_TRUST_PROXY sent the request, so that its headers count. */
export function isFromProxy({ app, socket }: Request): boolean {
  const isTrusted = app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean
  return isTrusted(socket.remoteAddress, 0)
}

let noticed = false

/** Logs this once, without the text, because strangers may have written it. */
function noticeNoAddress() {
  if (noticed) return
  noticed = true
  log.warn('X-Forwarded-For of a trusted proxy tells what is no address: such requests count as of the proxy itself')
}

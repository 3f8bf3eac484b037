import type { Request } from 'express'
import proxyAddress from 'proxy-addr'
import { addressIn } from '../platform/addresses.js'
import type { Settings } from '../platform/config.js'
import { log } from '../platform/log.js'

/** Express's own, except that an address among proxies may have a port. */
export function trusts({ trustProxy }: Settings): (address: string, hop: number) => boolean {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy
  const isProxy = proxyAddress.compile(trustProxy)
  return (address, hop) => isProxy(addressIn(address) ?? address, hop)
}

/**
 * Whose request it is, in one spelling: budgets, networks and the trail compare it as text. A trusted proxy that tells no address
 * (`unknown`, a name) is taken for the client itself.
 */
export function clientAddress({ ip = '', socket }: Request): string {
  const address = addressIn(ip)
  if (address !== undefined) return address
  const peer = addressIn(socket.remoteAddress ?? '') ?? ''
  if (peer !== '') noticeNoAddress()
  return peer
}

/** Whether a proxy that LATCHKEY_TRUST_PROXY names has sent it, so that its headers count. */
export function isFromProxy({ app, socket }: Request): boolean {
  const isTrusted = app.get('trust proxy fn') as (address: string | undefined, hop: number) => boolean
  return isTrusted(socket.remoteAddress, 0)
}

let noticed = false

/** Told once, without the text, which strangers may have written. */
function noticeNoAddress() {
  if (noticed) return
  noticed = true
  log.warn('X-Forwarded-For of a trusted proxy tells what is no address: such requests count as of the proxy itself')
}

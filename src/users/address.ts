import { isIPv6 } from 'node:net'

/** What counts as one address: an IPv4 address, or the /64 that an IPv6 provider hands to one customer. */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : plain
}

/** What counts as one network for "used from a new network": an IPv4 /24 or an IPv6 /64. */
export function networkKey(address: string): string {
  const plain = plainAddress(address)
  return isIPv6(plain) ? addressKey(plain) : plain.replace(/\.\d+$/, '.0/24')
}

/** Without the form in which Node tells IPv4 on an IPv6 socket. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}

function groupsOf(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const [left, right] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [string[], string[]]
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...middle, ...right].map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
}

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** The part of an address that counts as one address: an IPv4 address, or the /64 that an IPv6 provider gives to one customer. */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : plain
}

/** The network that an IPv6 provider may give to one site, which then has 65,536 addresses. Nothing for IPv4. */
export function siteKey(address: string): string | undefined {
  const plain = plainAddress(address)
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 3).join(':')}::/48` : undefined
}

/** The network of an address, for "used from a new network": an IPv4 /24 or an IPv6 /64. */
export function networkKey(address: string): string {
  const plain = plainAddress(address)
  return isIPv6(plain) ? addressKey(plain) : plain.replace(/\.\d+$/, '.0/24')
}

/** The address in its one spelling. Text that is not an address stays as it is. */
export function plainAddress(address: string): string {
  return addressIn(address) ?? address
}

/**
 * The address from a proxy's `X-Forwarded-For`, or from a socket, in its one spelling: without a port (`203.0.113.9:40001`,
 * `[2001:db8::1]:443`), without the zone of an interface, and as IPv4 if IPv6 only wraps it.
 * @returns nothing for text that is not an address
 */
export function addressIn(text: string): string | undefined {
  if (isIPv4(text)) return text
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::\d{1,5})?$/.exec(text.trim()) ?? []
  const address = (bracketed ?? dotted ?? text.trim()).replace(/%.*$/, '')
  if (isIPv4(address)) return address
  return isIPv6(address) ? unwrapped(new URL(`http://[${address}]`).hostname.slice(1, -1)) : undefined
}

/** Addresses that no client has: "this host" and multicast (RFC 6890, RFC 5771, RFC 4291), and the broadcast address. */
const NOWHERE = ['0.0.0.0/8', '224.0.0.0/4', '255.255.255.255', '::', 'ff00::/8']

/**
 * Whether a text is an address or a network (CIDR) that a client can come from. The zone of an interface means nothing on another
 * machine. A network that wraps more than IPv4 has no address in the spelling of requests.
 */
export function isNetwork(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || text.includes('%')) return false
  const bits = Number(prefix ?? (version === 4 ? 32 : 128))
  if (prefix !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefix)) return false
  if (bits > (version === 4 ? 32 : 128) || (version === 6 && isIPv4(plainAddress(address)) && bits < 96)) return false
  return !isWithin(text, NOWHERE)
}

/** Whether every address of one network is in one of the others. */
export function isWithin(network: string, others: string[]): boolean {
  const [base, prefix] = partsOf(network)
  return others.some((other) => {
    const [otherBase, otherPrefix] = partsOf(other)
    return isIP(base) === isIP(otherBase) && otherPrefix <= prefix && listOf([other]).check(base, familyOf(base))
  })
}

/** Whether an address is in one of these networks. An IPv4 address is in no IPv6 network, however wide. */
export function isInNetworks(address: string, networks: string[]): boolean {
  const plain = plainAddress(address)
  const ofFamily = networks.filter((network) => isIP(partsOf(network)[0]) === isIP(plain))
  return isIP(plain) !== 0 && listOf(ofFamily).check(plain, familyOf(plain))
}

/** `::ffff:cb00:7109` is 203.0.113.9 (RFC 4291, 2.5.5.2). */
function unwrapped(address: string): string {
  const groups = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address)?.slice(1)
  return groups
    ? groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.')
    : address
}

function groupsOf(address: string): string[] {
  const [head = '', tail] = address.split('::')
  const [left, right] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [string[], string[]]
  const middle = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...middle, ...right].map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
}

function listOf(networks: string[]) {
  const list = new BlockList()
  for (const network of networks) {
    const [base, prefix] = partsOf(network)
    list.addSubnet(base, prefix, familyOf(base))
  }
  return list
}

function partsOf(network: string): [base: string, prefix: number] {
  const [base, prefix] = network.split('/') as [string, string | undefined]
  const bits = Number(prefix ?? (isIP(base) === 4 ? 32 : 128))
  const plain = plainAddress(base)
  const isWrapped = isIPv6(base) && isIPv4(plain) && bits >= 96
  return isWrapped ? [plain, bits - 96] : [base, bits]
}

function familyOf(address: string) {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

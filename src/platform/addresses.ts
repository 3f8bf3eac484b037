import { BlockList, isIP, isIPv6 } from 'node:net'

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

/** Whether a text is an address or a network (CIDR). */
export function isNetwork(text: string): boolean {
  const [address, prefix, ...rest] = text.split('/')
  const version = isIP(address ?? '')
  if (version === 0 || rest.length > 0) return false
  return prefix === undefined || (/^(0|[1-9]\d{0,2})$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}

/** Whether every address of one network is in one of the others. */
export function isWithin(network: string, others: string[]): boolean {
  const [base, prefix] = partsOf(network)
  return others.some((other) => {
    const [otherBase, otherPrefix] = partsOf(other)
    return isIP(base) === isIP(otherBase) && otherPrefix <= prefix && listOf([other]).check(base, familyOf(base))
  })
}

/** Whether an address is in one of these networks. */
export function isInNetworks(address: string, networks: string[]): boolean {
  const plain = plainAddress(address)
  return isIP(plain) !== 0 && listOf(networks).check(plain, familyOf(plain))
}

function groupsOf(address: string): string[] {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
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
  return [base, Number(prefix ?? (isIP(base) === 4 ? 32 : 128))]
}

function familyOf(address: string) {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

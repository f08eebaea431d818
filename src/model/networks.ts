// IP addresses and networks (CIDR), as settings name them.
import { BlockList, isIP, isIPv6 } from 'node:net'

/** `10.0.0.5`, `10.0.0.0/24`, `fe80::/10`. */
export function isNetwork (network: string): boolean {
  const [address = '', prefix, ...more] = network.split('/')
  const family = isIP(address)
  if (family === 0 || more.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
}

/** Tells whether an IP address lies in any of the networks, which must be valid. An IPv4 address written as IPv6 (`::ffff:10.0.0.5`) is the IPv4 address. */
export function createNetworks (networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return address => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}

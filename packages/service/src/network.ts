import ipaddr from 'ipaddr.js'

/** An IPv6 address belongs to a customer who has at least this many leading bits for himself. */
const customerBytes = 8

/**
 * What counts as one client: an IPv4 address, or the network of 64 bits that an IPv6 address is out of, since its owner
 * has 2^64 more of them. What is no address stands for itself.
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return Buffer.from(parsed.toByteArray().slice(0, customerBytes)).toString('hex')
}

/** The same network as a prefix, such as `192.0.2.1/32` or `2001:db8:0:1::/64`; undefined for what is no address. */
export function networkPrefixOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return `${parsed.toString()}/32`
  const network = parsed.toByteArray().map((byte, index) => (index < customerBytes ? byte : 0))
  return `${ipaddr.fromByteArray(network).toString()}/${customerBytes * 8}`
}

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

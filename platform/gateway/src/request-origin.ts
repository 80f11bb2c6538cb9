import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddress from 'proxy-addr'

/** Where a request comes from, as far as it can be believed. */
export interface RequestOrigin {
  /** The client's address, without the IPv6 notation of an IPv4 one. */
  readonly address: string
  readonly scheme: 'http' | 'https'
}

export type OriginReader = (request: IncomingMessage) => RequestOrigin

/**
 * Tells where requests come from. Only a trusted proxy is believed what it says in `X-Forwarded-For` and
 * `X-Forwarded-Proto`; behind several of them the client is the first address that is none (accounts A-F8, A-F10).
 *
 * @param trustedProxies addresses, or networks such as `10.0.0.0/8`
 * @throws {TypeError} when one is neither
 */
export function originReader(trustedProxies: readonly string[]): OriginReader {
  if (trustedProxies.length === 0) return ({ socket }) => ({ address: plain(socket.remoteAddress), scheme: 'http' })
  const trusts = proxyAddress.compile([...trustedProxies])
  return (request) => {
    const peer = plain(request.socket.remoteAddress)
    if (!trusts(peer, 0)) return { address: peer, scheme: 'http' }
    const client = plain(proxyAddress(request, trusts))
    // A proxy that passes on what is no address leaves nobody but itself.
    return { address: isIP(client) === 0 ? peer : client, scheme: schemeOf(request) }
  }
}

/** What the nearest proxy says, which comes last. */
function schemeOf({ headers }: IncomingMessage): 'http' | 'https' {
  const said = [headers['x-forwarded-proto']].flat().at(-1)?.split(',').at(-1)
  return said?.trim().toLowerCase() === 'https' ? 'https' : 'http'
}

function plain(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
}

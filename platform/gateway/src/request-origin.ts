import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { TLSSocket } from 'node:tls'
import { networkOf } from '@sallyport/service'
import proxyAddress from 'proxy-addr'

/** Where a request comes from, as far as it can be believed. */
export class RequestOrigin {
  /** The client's address, without the IPv6 notation of an IPv4 one. */
  readonly address: string
  readonly scheme: 'http' | 'https'

  constructor(address: string, scheme: RequestOrigin['scheme']) {
    this.address = address
    this.scheme = scheme
  }

  /** What limits count: whoever has one IPv6 address has 2^64 of them. Worked out only where it is asked for. */
  get network(): string {
    return networkOf(this.address)
  }
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
  if (trustedProxies.length === 0) {
    return ({ socket }) => new RequestOrigin(plain(socket.remoteAddress), schemeOf(socket))
  }
  const trusts = proxyAddress.compile([...trustedProxies])
  return (request) => {
    const peer = plain(request.socket.remoteAddress)
    if (!trusts(peer, 0)) return new RequestOrigin(peer, schemeOf(request.socket))
    const client = plain(proxyAddress(request, trusts))
    // A proxy that passes on what is no address leaves nobody but itself.
    return new RequestOrigin(isIP(client) === 0 ? peer : client, schemeBeforeProxy(request))
  }
}

/** Tells whether an address is one of the trusted proxies, which speak for many clients. */
export function proxyTest(trustedProxies: readonly string[]): (address: string) => boolean {
  if (trustedProxies.length === 0) return () => false
  const trusts = proxyAddress.compile([...trustedProxies])
  return (address) => trusts(plain(address), 0)
}

function schemeOf(socket: IncomingMessage['socket']): 'http' | 'https' {
  return socket instanceof TLSSocket ? 'https' : 'http'
}

/** What the nearest proxy says, which comes last; of a proxy that says nothing, how it came itself. */
function schemeBeforeProxy({ headers, socket }: IncomingMessage): 'http' | 'https' {
  const said = [headers['x-forwarded-proto']].flat().at(-1)?.split(',').at(-1)
  if (said === undefined) return schemeOf(socket)
  return said.trim().toLowerCase() === 'https' ? 'https' : 'http'
}

function plain(address: string | undefined): string {
  return address?.replace(/^::ffff:(?=\d+\.)/i, '') ?? ''
}

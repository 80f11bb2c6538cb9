import { isIP } from 'node:net'

/** Who passkeys are for (WebAuthn §4, "relying party"): this installation, by the address that people know it by. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
  readonly name: string
}

/** Undefined for an address that there can be no passkeys for: browsers want a name, and `https` or `localhost`. */
export function relyingPartyOf(publicUrl: string): RelyingParty | undefined {
  const { hostname, origin, protocol } = new URL(publicUrl)
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
  if (isIP(hostname.replaceAll(/^\[|\]$/g, '')) !== 0 || (protocol !== 'https:' && !isLocal)) return undefined
  return { id: hostname, origin, name: 'Sallyport' }
}

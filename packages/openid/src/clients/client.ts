import { hash, timingSafeEqual } from 'node:crypto'
import type { AllClientMetadata as ClientMetadata } from 'oidc-provider'

export type { AllClientMetadata as ClientMetadata } from 'oidc-provider'

/** A program that may ask people to sign in, or act for itself. */
export interface OpenIdClient {
  /** In the words of OpenID Connect Dynamic Client Registration; without the secret. */
  readonly metadata: ClientMetadata & { readonly client_id: string }
  /** Belongs to whoever runs the provider: people are not asked whether they trust it. */
  readonly firstParty: boolean
  /** SHA-256 of every secret that counts: two while one takes the place of another, none for a public client. */
  readonly secretDigests: readonly Buffer[]
}

export interface OpenIdClients {
  find(id: string): Promise<OpenIdClient | undefined>
  /** Keeps a client that registered itself; it is nobody's first party. */
  register(client: OpenIdClient): Promise<void>
}

/** Secrets are random and long: a plain digest cannot be guessed back. */
export function digestOfSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

/**
 * What the provider is given as the secret of a client, and gives back when it compares. It stands for the digests and
 * is good for nothing else: whatever would compute with a secret is switched off.
 */
export function placeholderOf(digests: readonly Buffer[]): string {
  return digests.map((digest) => digest.toString('base64url')).join('.')
}

/** How many digests a secret is compared with, if there are no more: two count while one takes the place of another. */
const comparisons = 2
/** The digest of no secret that anybody has. */
const nobodys = Buffer.alloc(32)

/**
 * Whether a secret is one of those that a placeholder stands for. The time it takes says nothing about them, nor about how
 * many there are, or that there is no such client.
 */
export function isSecretOf(placeholder: string | undefined, secret: string, equal = timingSafeEqual): boolean {
  const presented = digestOfSecret(secret)
  const digests = (placeholder ?? '')
    .split('.')
    .map((digest) => Buffer.from(digest, 'base64url'))
    .filter((digest) => digest.length === presented.length)
  const fillers = Array.from({ length: Math.max(0, comparisons - digests.length) }, () => nobodys)
  return [...digests, ...fillers].filter((digest) => equal(digest, presented)).length > 0
}

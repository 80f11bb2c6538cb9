import type { webcrypto } from 'node:crypto'

/** A public key as it is published. */
export interface PublishedKey extends webcrypto.JsonWebKey {
  readonly kid: string
  readonly alg: string
}

/** What the provider signs with. */
export interface OpenIdKeys {
  /** The key that signs now; asked for at every request. It need not be extractable. */
  readonly current: { readonly kid: string; readonly privateKey: CryptoKey }
  /** Every key that a token may be verified with, the current one among them. */
  readonly published: readonly PublishedKey[]
  /** Calls back whenever others are published. */
  subscribe(listener: () => void): { stop(): void }
}

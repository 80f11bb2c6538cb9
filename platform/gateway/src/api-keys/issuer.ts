import { type Call, identity, ServiceRefused } from '@sallyport/contracts'

/** What identity gives for a key. */
export interface ExchangedKey {
  readonly id: string
  /** Passed on in place of the key. */
  readonly token: string
  readonly expiresAtMs: number
  /** Where the key may be used from; everywhere when there are none. */
  readonly networks: readonly string[]
}

export interface KeyUse {
  readonly id: string
  readonly uses: number
  readonly lastUsedAtMs: number
}

/** Who knows API keys: identity. */
export interface KeyIssuer {
  /** @param digest SHA-256, base64url; undefined when it is no key that counts */
  exchange(digest: string): Promise<ExchangedKey | undefined>
  recordUses(uses: readonly KeyUse[]): Promise<void>
}

export function keyIssuer(call: Call): KeyIssuer {
  return {
    async exchange(digest) {
      try {
        const { body } = await call(identity.exchangeApiKey, { body: { digest } })
        return { id: body.id, token: body.token, expiresAtMs: body.expires_at * 1000, networks: body.networks }
      } catch (error) {
        if (error instanceof ServiceRefused && error.status === 404) return undefined
        throw error
      }
    },
    async recordUses(uses) {
      const body = uses.map(({ id, uses: count, lastUsedAtMs }) => {
        return { id, uses: count, last_used_at: Math.floor(lastUsedAtMs / 1000) }
      })
      await call(identity.recordApiKeyUses, { body: { uses: body } })
    },
  }
}

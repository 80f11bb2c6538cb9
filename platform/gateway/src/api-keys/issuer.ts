import { type Call, type GuestScope, identity, ServiceRefused } from '@sallyport/contracts'

/** What identity gives for a key. */
export interface ExchangedKey {
  readonly id: string
  /** Passed on in place of the key. */
  readonly token: string
  readonly expiresAtMs: number
  /** Where the key may be used from; everywhere when there are none. */
  readonly networks: readonly string[]
}

/** Why there is no token for a key: identity knows of none, it has run out, or its owner is suspended. */
export type NoToken = 'unknown' | 'expired' | 'blocked'

export interface KeyUse {
  readonly id: string
  readonly uses: number
  readonly lastUsedAtMs: number
}

/** Who knows API keys: identity. */
export interface KeyIssuer {
  /** @param digest SHA-256, base64url */
  exchange(digest: string): Promise<ExchangedKey | NoToken>
  /** A token for somebody without an account. */
  admitGuest(scope: GuestScope): Promise<Pick<ExchangedKey, 'token' | 'expiresAtMs'>>
  recordUses(uses: readonly KeyUse[]): Promise<void>
}

export function keyIssuer(call: Call): KeyIssuer {
  return {
    async exchange(digest) {
      try {
        const { body } = await call(identity.exchangeApiKey, { body: { digest } })
        if ('refused' in body) return body.refused
        return { id: body.id, token: body.token, expiresAtMs: body.expires_at * 1000, networks: body.networks }
      } catch (error) {
        if (error instanceof ServiceRefused && error.status === 404) return 'unknown'
        throw error
      }
    },
    async admitGuest(scope) {
      const { body } = await call(identity.admitGuest, { body: { scope } })
      return { token: body.token, expiresAtMs: body.expires_at * 1000 }
    },
    async recordUses(uses) {
      const body = uses.map(({ id, uses: count, lastUsedAtMs }) => {
        return { id, uses: count, last_used_at: Math.floor(lastUsedAtMs / 1000) }
      })
      await call(identity.recordApiKeyUses, { body: { uses: body } })
    },
  }
}

import type { GuestScope } from '@sallyport/contracts'
import { type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { findAccount } from '../accounts/account-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { SessionId } from '../sessions/session.ts'
import { mayUse } from '../sessions/sessions.ts'
import type { TokenIssuer } from '../tokens/token-issuer.ts'
import { storedDigestOf } from './api-key.ts'
import { addUses, findByDigest } from './api-key-store.ts'

/** What a door gets for a key: a token to pass on in its place. */
export interface ExchangedKey {
  readonly id: string
  readonly token: string
  /** When the token runs out, or what was presented. */
  readonly expiresAt: Date
  /** Where the key may be used from; everywhere when there are none. */
  readonly networks: readonly string[]
}

export interface KeyUse {
  readonly id: string
  readonly uses: number
  readonly lastUsedAt: Date
}

/** Keys as doors know them. */
export interface KeyExchange {
  /**
   * @param digest the SHA-256 digest of what was presented; undefined when it is no key
   */
  exchange(digest: Uint8Array): Promise<ExchangedKey | 'expired' | 'blocked' | undefined>
  /** A token for somebody without an account. */
  admitGuest(scope: GuestScope): Promise<Pick<ExchangedKey, 'token' | 'expiresAt'>>
  recordUses(uses: readonly KeyUse[]): Promise<void>
}

/** How long a token for a key lasts; a door keeps it for as long. */
const tokenLifeMs = 5 * 60_000

export function createKeyExchange(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly masterKey: Uint8Array
  readonly tokens: TokenIssuer
}): KeyExchange {
  const { db, clock, masterKey, tokens } = parts
  const guestSession = newId<SessionId>()
  return {
    async exchange(digest) {
      const now = clock.now()
      const key = await findByDigest(db, storedDigestOf(digest, masterKey), now)
      const account = key && (await findAccount(db, key.uid))
      if (!account || account.deletedAt) return undefined
      if (key.expiresAt <= now) return 'expired'
      if (account.suspendedAt) return 'blocked'
      if (!mayUse(account)) return undefined
      const { id, sid, scopes, networks, countsUntil } = key
      const expiresAt = new Date(Math.min(now.getTime() + tokenLifeMs, countsUntil.getTime()))
      return { id, token: await tokens.issueForKey({ account, sid, now, expiresAt, scopes }), expiresAt, networks }
    },
    async admitGuest(scope) {
      const now = clock.now()
      const expiresAt = new Date(now.getTime() + tokenLifeMs)
      return { token: await tokens.issueForGuest({ sid: guestSession, now, expiresAt, scopes: [scope] }), expiresAt }
    },
    recordUses: (uses) => addUses(db, uses),
  }
}

import { inBatches } from '@sallyport/database'
import { type Clock, parseId } from '@sallyport/kernel'
import type { OpenIdSessions } from '@sallyport/openid'
import type { Kysely } from 'kysely'
import type { Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { endOfRevocation, type SessionId } from '../sessions/session.ts'
import { bindBrowserSession, findByBrowserSessions, revokeSession } from '../sessions/session-store.ts'

/**
 * A browser session of the OpenID provider has a session of ours behind it, the `sid` of its tokens: ending that ends
 * both, here or from anywhere else.
 */
export function createBrowserSessions(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly feed: RevocationFeed
  readonly audit: Audit
}): OpenIdSessions {
  const { db, clock, feed, audit } = parts
  const behind = inBatches((browserSessions: readonly string[]) => findByBrowserSessions(db, browserSessions))

  return {
    async bind(browserSession, session) {
      const sid = parseId<SessionId>(session)
      if (!sid) throw new TypeError('a sign-in names a session that is no UUID')
      const before = await behind(browserSession)
      if (before?.sid === sid) return
      const revocations = await db.transaction().execute(async (tx) => {
        const ended = before ? await revokeSession(tx, before.sid, endOfRevocation(clock.now())) : []
        await bindBrowserSession(tx, browserSession, sid)
        return ended
      })
      feed.publish(revocations)
    },

    async find(browserSession, accountId) {
      const found = await behind(browserSession)
      return found?.uid === accountId && found.expiresAt > clock.now() ? found.sid : undefined
    },

    async end(browserSession, { why, address }) {
      const found = await behind(browserSession)
      if (!found) return
      const { sid, uid } = found
      const revocations = await db.transaction().execute(async (tx) => {
        await audit.record(
          tx,
          why === 'stolen'
            ? { kind: 'session.stolen', by: { kind: 'anonymous', address }, subject: uid }
            : { kind: 'sign-out', by: { kind: 'account', uid, address }, subject: uid },
        )
        return revokeSession(tx, sid, endOfRevocation(clock.now()))
      })
      feed.publish(revocations)
    },
  }
}

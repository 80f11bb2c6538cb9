import { inBatches } from '@sallyport/database'
import { type Clock, parseId } from '@sallyport/kernel'
import type { OpenIdSessions } from '@sallyport/openid'
import type { Kysely } from 'kysely'
import type { Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { endOfRevocation, type SessionId, sessionLifeSeconds } from '../sessions/session.ts'
import {
  bindBrowserSession,
  findByBrowserSessions,
  lockOpenSession,
  markUsed,
  prolongSession,
  removeSession,
  revokeSession,
} from '../sessions/session-store.ts'

/** A use is written down when the one before was so long ago. */
const usedAgainMs = 300_000

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
      const now = clock.now()
      const until = { now, expiresAt: new Date(now.getTime() + sessionLifeSeconds.openid * 1000) }
      const revocations = await db.transaction().execute(async (tx) => {
        const opened = await lockOpenSession(tx, sid, now)
        if (!opened) return []
        // Somebody has only said again who they are: their tokens go on.
        const authenticatedAt = opened.openedAt
        if (before?.uid === opened.uid && (await prolongSession(tx, before.sid, { ...until, authenticatedAt }))) {
          await removeSession(tx, sid)
          return []
        }
        const ended = before ? await revokeSession(tx, before.sid, endOfRevocation(now)) : []
        await bindBrowserSession(tx, browserSession, sid, until.expiresAt)
        return ended
      })
      feed.publish(revocations)
    },

    async find(browserSession, accountId) {
      const found = await behind(browserSession)
      const now = clock.now()
      if (found?.uid !== accountId || found.expiresAt <= now) return undefined
      if (now.getTime() - found.lastUsedAt.getTime() >= usedAgainMs) await markUsed(db, found.sid, now)
      return found.sid
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

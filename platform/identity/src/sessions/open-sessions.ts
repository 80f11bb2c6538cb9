import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { checkStrength, knownId, lockSubject, present } from '../accounts/account-lock.ts'
import { findAccount } from '../accounts/account-store.ts'
import type { AccountChanges } from '../accounts/account-changes.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Authority } from '../roles/roles.ts'
import { type Session, type SessionId, UnknownSession } from './session.ts'
import { endSessions, listSessions } from './session-store.ts'

/** What people see of their sessions, and how they end them. */
export interface OpenSessions {
  /** The sessions of an account, the one that was used last first. @throws {UnknownAccount} @throws {AccountTooStrong} */
  list(uid: string, by: Actor | Authority): Promise<Session[]>
  /** @throws {UnknownAccount} @throws {AccountDeleted} @throws {AccountTooStrong} @throws {UnknownSession} also for somebody else's */
  end(uid: string, sid: string, by: Actor | Authority): Promise<void>
  /** Ends all but one, or all; how many there were. @throws {UnknownAccount} @throws {AccountDeleted} @throws {AccountTooStrong} */
  endAll(uid: string, by: Actor | Authority, except?: SessionId): Promise<number>
}

/** So many are shown. */
const mostShown = 100

export function createOpenSessions(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly changes: AccountChanges
  readonly audit: Audit
  /** Told of the browser sessions whose sessions were ended. */
  readonly onEnded: (browserSessions: readonly string[]) => void
}): OpenSessions {
  const { db, clock, changes, audit, onEnded } = parts

  /** Ends them, and says how many there were; none is nothing to remember. */
  async function end(uid: string, by: Actor | Authority, which: Parameters<typeof endSessions>[2]): Promise<number> {
    const { account, revocations, browserSessions } = await db.transaction().execute(async (tx) => {
      const account = await lockSubject(tx, uid, by)
      const ended = await endSessions(tx, account.uid, which, clock.now())
      const { length: sessions } = ended.revocations
      if (sessions > 0)
        await audit.record(tx, { kind: 'sessions.ended', by, subject: account.uid, details: { sessions } })
      return { account, ...ended }
    })
    await changes.announce(account.uid, revocations)
    onEnded(browserSessions)
    return revocations.length
  }

  return {
    async list(uid, by) {
      const id: AccountId = knownId(uid)
      checkStrength(present(await findAccount(db, id)), by)
      return listSessions(db, id, clock.now(), mostShown)
    },

    async end(uid, sid, by) {
      const only = parseId<SessionId>(sid)
      if (!only || (await end(uid, by, { only })) === 0) throw new UnknownSession()
    },

    endAll: (uid, by, except) => end(uid, by, except === undefined ? 'all' : { except }),
  }
}

import { type Replicas, within } from '@sallyport/database'
import { type FeedPage, followRevocations, type Revocation, type RevocationSource } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../identity-database.ts'
import { isOnStandbys } from '../primary.ts'
import { readRevocations } from './session-store.ts'

/** The largest piece of the feed that is read at once. */
const pageSize = 1000
/** A primary that hangs is noticed meanwhile, and a standby is read the next time. */
const readLimitMs = 2000

/** Tells everybody in this process at once what was revoked here, and soon what was revoked elsewhere. */
export interface RevocationFeed extends RevocationSource {
  publish(revocations: readonly Revocation[]): void
  /**
   * What comes after a place in the feed. While the primary is away it is what a standby has, and a feed of another name: whoever
   * was started meanwhile takes nothing for good that was revoked before (enrollment E-71).
   */
  read(after: number): Promise<FeedPage>
}

/** @param copies undefined where there is the database for writing alone */
export function createRevocationFeed(
  db: Kysely<IdentityDatabase>,
  log: Logger,
  copies?: Pick<Replicas<IdentityDatabase>, 'read' | 'nodes'>,
): RevocationFeed {
  const listeners = new Set<(revocations: readonly Revocation[]) => void>()
  let heardAt = Number.NEGATIVE_INFINITY

  async function read(after: number): Promise<FeedPage> {
    // A standby may lack what was revoked last, so reading there is not to have heard: whoever fails closed goes on doing so.
    if (copies && isOnStandbys(copies))
      return { ...(await readOnCopies(copies, after)), silentMs: performance.now() - heardAt }
    const page = await within(readLimitMs, readRevocations(db, after, pageSize))
    heardAt = performance.now()
    return page
  }

  return {
    read,
    publish(revocations) {
      for (const listener of listeners) listener(revocations)
    },
    async subscribe(listener) {
      // Listening first and reading then: what comes in between is heard twice, not missed. Another instance of identity
      // on the same database speaks through the table alone, so it is read on and on.
      listeners.add(listener)
      const following = await followRevocations(read, log).subscribe(listener)
      return {
        stop() {
          listeners.delete(listener)
          following.stop()
        },
      }
    },
  }
}

async function readOnCopies(copies: Pick<Replicas<IdentityDatabase>, 'read'>, after: number): Promise<FeedPage> {
  const { value } = await copies.read({
    look: (copy) => readRevocations(copy, after, pageSize),
    judge: async (page) => ({ value: page, final: 'with-every-commit' }),
    takesTurn: false,
  })
  return value
}

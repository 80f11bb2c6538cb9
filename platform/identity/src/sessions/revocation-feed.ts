import { type FeedPage, followRevocations, type Revocation, type RevocationSource } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../identity-database.ts'
import { readRevocations } from './session-store.ts'

/** The largest piece of the feed that is read at once. */
const pageSize = 1000

/** Tells everybody in this process at once what was revoked here, and soon what was revoked elsewhere. */
export interface RevocationFeed extends RevocationSource {
  publish(revocations: readonly Revocation[]): void
  read(after: number): Promise<FeedPage>
}

export function createRevocationFeed(db: Kysely<IdentityDatabase>, log: Logger): RevocationFeed {
  const listeners = new Set<(revocations: readonly Revocation[]) => void>()
  const read = (after: number): Promise<FeedPage> => readRevocations(db, after, pageSize)
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

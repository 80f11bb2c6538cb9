import type { Revocation, RevocationSource } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { readRevocations } from './session-store.ts'

/** The largest piece of the feed that is read at once. */
export const feedPageSize = 1000

/** Tells everybody in this process at once what was revoked; other processes read the feed. */
export interface RevocationFeed extends RevocationSource {
  publish(revocations: readonly Revocation[]): void
  read(after: number): Promise<Revocation[]>
}

export function createRevocationFeed(db: Kysely<IdentityDatabase>): RevocationFeed {
  const listeners = new Set<(revocations: readonly Revocation[]) => void>()
  const read = (after: number): Promise<Revocation[]> => readRevocations(db, after, feedPageSize)
  return {
    read,
    publish(revocations) {
      for (const listener of listeners) listener(revocations)
    },
    async subscribe(listener) {
      // Listening first and reading then: what comes in between is heard twice, not missed.
      listeners.add(listener)
      let after = 0
      for (;;) {
        const page = await read(after)
        listener(page)
        after = page.at(-1)?.sequence ?? after
        if (page.length < feedPageSize) break
      }
      return { stop: () => void listeners.delete(listener) }
    },
  }
}

import type { Replicas } from '@sallyport/database'
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

/**
 * @param copies where what was revoked is read at first when the primary is away (enrollment E-71); later the primary alone is
 *   asked, whose feed has another name and is read from its beginning once it is back
 */
export function createRevocationFeed(
  db: Kysely<IdentityDatabase>,
  log: Logger,
  copies?: Pick<Replicas<IdentityDatabase>, 'read'>,
): RevocationFeed {
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
      // A copy may lack what was revoked last, so this is not to have heard of it: whoever fails closed goes on doing so.
      if (copies) for await (const page of pagesOf(copies)) listener(page, Number.POSITIVE_INFINITY)
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

/** Everything in the feed as the copies have it. */
async function* pagesOf(copies: Pick<Replicas<IdentityDatabase>, 'read'>): AsyncGenerator<readonly Revocation[]> {
  for (let after = 0; ;) {
    const place = after
    const { value } = await copies.read({
      look: (copy) => readRevocations(copy, place, pageSize),
      judge: async ({ revocations }) => ({ value: revocations, final: 'with-every-commit' }),
    })
    if (value.length > 0) yield value
    if (value.length < pageSize) return
    after = value.at(-1)?.sequence ?? after
  }
}

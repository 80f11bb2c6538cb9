import { type Erased, erasures } from '@sallyport/contracts'
import { countErased, markErased } from '@sallyport/database'
import { type AccountId, type Clock, newId, Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { emptyCollection, parsePlayer } from '../collections/collections.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import * as store from './erasure-store.ts'

interface Parts {
  readonly db: Kysely<GachaDatabase>
  readonly clock: Clock
}

/** A roll of the person is not settled yet: its job sees to it, and then it can be erased. */
export class RollsUnsettled extends Rejection {
  override name = 'RollsUnsettled'
  readonly code = 'rolls-unsettled'
  readonly reason = 'busy'
  constructor() {
    super('rolls are not settled yet')
  }
}

/**
 * What identity asks when a person is to be erased: the collection is closed with all that is in it, and the rolls are
 * removed with the seeds that the person gave. What is kept for auctions, or was, goes on under an id that is nobody's.
 */
export function erasureRoutes(parts: Parts): HandledRoute[] {
  return [
    handle(erasures.gacha, async ({ params, body }) => {
      const { erased, isUnsettled } = await erase(parts, params.erasureId, body.uid)
      if (isUnsettled) throw new RollsUnsettled()
      return ok(erased)
    }),
  ]
}

async function erase(
  { db, clock }: Parts,
  erasureId: string,
  text: string,
): Promise<{ readonly erased: Erased; readonly isUnsettled: boolean }> {
  const uid = parsePlayer(text)
  const now = clock.now()
  await markErased(db, uid, now)
  return db.transaction().execute(async (tx) => {
    await store.lockCollection(tx, uid)
    const copies = await emptyCollection(tx, uid)
    const rolls = await store.deleteSettledRolls(tx, uid)
    const escrows = await store.anonymizeCollection(tx, uid, newId<AccountId>(), now)
    const counted = await countErased(tx, erasureId, { copies, rolls, escrows }, now)
    const { escrows: anonymous = 0, ...removed } = counted
    return {
      erased: { removed, anonymous: { escrows: anonymous } },
      isUnsettled: await store.hasRolls(tx, uid),
    }
  })
}

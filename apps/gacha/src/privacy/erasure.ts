import { type Erased, erasures } from '@sallyport/contracts'
import { countErased } from '@sallyport/database'
import { type Clock, Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { type Kysely, sql } from 'kysely'
import { closeCollection, parsePlayer } from '../collections/collections.ts'
import type { GachaDatabase } from '../gacha-database.ts'

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
 * removed with the seeds that the person gave. What is kept for auctions stays, by an id that leads to nobody.
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

function erase(
  { db, clock }: Parts,
  erasureId: string,
  text: string,
): Promise<{ readonly erased: Erased; readonly isUnsettled: boolean }> {
  const uid = parsePlayer(text)
  return db.transaction().execute(async (tx) => {
    const now = clock.now()
    const copies = await closeCollection(tx, uid, now)
    const { numDeletedRows: rolls } = await tx
      .deleteFrom('roll')
      .where('uid', '=', uid)
      .where('state', '!=', 'drawn')
      .executeTakeFirst()
    const { rows } = await sql<{ unsettled: boolean; escrows: number }>`
      select exists (select from roll where uid = ${uid}) as unsettled,
        (select count(*) from escrow where uid = ${uid} or given_to = ${uid})::int as escrows`.execute(tx)
    const removed = await countErased(tx, erasureId, { copies, rolls: Number(rolls) }, now)
    return {
      erased: { removed, anonymous: { escrows: rows[0]?.escrows ?? 0 } },
      isUnsettled: rows[0]?.unsettled === true,
    }
  })
}

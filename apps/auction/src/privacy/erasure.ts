import { erasures } from '@sallyport/contracts'
import { countErased } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { type Kysely, sql } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import { markClosed, readState } from '../players/player-store.ts'
import { parsePlayer } from '../players/players.ts'

/**
 * What identity asks when a person is to be erased. Auctions and bids know people by their ids alone, which then lead to
 * nobody: what they sell and lead goes on as after a deletion (market §11).
 */
export function erasureRoutes({
  db,
  clock,
}: {
  readonly db: Kysely<AuctionDatabase>
  readonly clock: Clock
}): HandledRoute[] {
  return [
    handle(erasures.auction, async ({ params, body }) => {
      const uid = parsePlayer(body.uid)
      const erased = await db.transaction().execute(async (tx) => {
        const now = clock.now()
        const wasOpen = (await readState(tx, uid)) === 'open'
        await markClosed(tx, uid, now)
        const { rows } = await sql<{ auctions: number; bids: number }>`
          select (select count(*) from auction where seller = ${uid})::int as auctions,
            (select count(*) from bid where player = ${uid})::int as bids`.execute(tx)
        const removed = await countErased(tx, params.erasureId, { players: wasOpen ? 1 : 0 }, now)
        return { removed, anonymous: { auctions: rows[0]?.auctions ?? 0, bids: rows[0]?.bids ?? 0 } }
      })
      return ok(erased)
    }),
  ]
}

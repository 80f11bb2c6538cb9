import { auction } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import type { Players } from '../players/players.ts'
import { exportPersonalData } from '../privacy/export.ts'

/** What identity asks of auction: when accounts come and go, and what there is of somebody; refusals are problem details. */
export function internalRoutes(db: Kysely<AuctionDatabase>, players: Players): HandledRoute[] {
  return [
    handle(auction.openPlayer, async ({ params }) => ok({ state: await players.open(params.uid) })),
    handle(auction.closePlayer, async ({ params }) => {
      await players.close(params.uid)
      return ok({ state: 'closed' })
    }),
    handle(auction.exportPersonalData, async ({ params, query }) =>
      ok(await exportPersonalData(db, params.person, query)),
    ),
  ]
}

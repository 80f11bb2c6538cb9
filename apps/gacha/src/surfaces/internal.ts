import { gacha } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Collections } from '../collections/collections.ts'
import type { Escrows } from '../escrow/escrows.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import { exportPersonalData } from '../privacy/export.ts'

/** What other services ask of gacha; refusals are problem details with the code of the rejection. */
export function internalRoutes(
  db: Kysely<GachaDatabase>,
  { collections, escrows }: { readonly collections: Collections; readonly escrows: Escrows },
): HandledRoute[] {
  return [
    handle(gacha.openCollection, async ({ params }) => ok({ state: await collections.open(params.uid) })),
    handle(gacha.closeCollection, async ({ params }) => {
      await collections.close(params.uid)
      return ok({ state: 'closed' })
    }),

    handle(gacha.takeIntoEscrow, async ({ params, body }) => {
      await escrows.take(params.auctionId, body.uid, body.gacha_name)
      return ok({ outcome: 'taken' })
    }),

    handle(gacha.lookUpEscrows, async ({ body }) => ok({ states: await escrows.lookUp(body.auction_ids) })),

    handle(gacha.settleEscrows, async ({ body }) => {
      const settlements = body.settlements.map(({ auction_id: auctionId, to }) => ({ auctionId, to }))
      return ok({ outcomes: await escrows.settle(settlements) })
    }),

    handle(gacha.exportPersonalData, async ({ params, query }) =>
      ok(await exportPersonalData(db, params.person, query)),
    ),
  ]
}

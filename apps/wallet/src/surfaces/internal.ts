import { wallet } from '@sallyport/contracts'
import { type AccountId, type Brand, parseId } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { Holds } from '../holds/holds.ts'
import type { OfferBatchId } from '../holds/offers.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { parseTux } from '../ledger/money.ts'
import { MalformedId, UnknownPlayer } from '../ledger/rejections.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import type { AuctionId, HoldId, TransferId } from '../ledger/transfer.ts'
import { exportPersonalData } from '../privacy/export.ts'

/** What other services ask of the wallet; refusals are problem details with the code of the rejection. */
export function internalRoutes(
  db: Kysely<WalletDatabase>,
  { ledger, holds }: { readonly ledger: Ledger; readonly holds: Holds },
): readonly HandledRoute[] {
  return [
    handle(wallet.openWallet, async ({ params }) => {
      const uid = parseId<AccountId>(params.uid)
      if (uid === undefined) throw new MalformedId()
      return ok({ state: await ledger.openPlayer(uid) })
    }),

    handle(wallet.closeWallet, async ({ params }) => {
      const uid = parseId<AccountId>(params.uid)
      if (uid === undefined) throw new UnknownPlayer(params.uid)
      await ledger.closePlayer(uid)
      return ok({ state: 'closed' })
    }),

    handle(wallet.chargeRoll, async ({ params, body }) => {
      await ledger.chargeRoll(body.uid, toId<TransferId>(params.rollId))
      return ok({ outcome: 'charged' })
    }),

    handle(wallet.voidRollCharge, async ({ params }) =>
      ok({ outcome: await ledger.voidRollCharge(toId<TransferId>(params.rollId)) }),
    ),

    handle(wallet.placeOffers, async ({ params, body }) => {
      const offers = body.offers.map(({ id, lot, uid, amount }) => ({
        id: toId<HoldId>(id),
        lot: toId<AuctionId>(lot),
        uid,
        amount: parseTux(amount),
      }))
      const standing = body.standing.map(({ lot, hold, amount }) => ({
        lot: toId<AuctionId>(lot),
        hold: toId<HoldId>(hold),
        amount: parseTux(amount),
      }))
      const outcomes = await holds.placeOffers({ id: toId<OfferBatchId>(params.batchId), offers, standing })
      return ok({ outcomes: [...outcomes] })
    }),

    handle(wallet.settleHolds, async ({ body }) => {
      const settlements = body.settlements.map(({ hold, sale }) => ({
        hold: toId<HoldId>(hold),
        sale: sale && { seller: sale.seller, auctionId: toId<AuctionId>(sale.auction_id) },
      }))
      const outcomes = await holds.settle(settlements)
      return ok({ outcomes: [...outcomes] })
    }),

    handle(wallet.exportPersonalData, async ({ params, query }) =>
      ok(await exportPersonalData(db, params.person, query)),
    ),
  ]
}

/** The contract takes a UUID in either case, which is the same id. */
function toId<Id extends Brand<string, string>>(text: string): Id {
  const id = parseId<Id>(text.toLowerCase())
  if (id === undefined) throw new MalformedId()
  return id
}

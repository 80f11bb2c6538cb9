import { type Call, gacha as gachaRoutes, wallet as walletRoutes } from '@sallyport/contracts'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import { deleteAuction } from './auction-store.ts'
import type { Auction } from './auction.ts'

export interface UndoingParts {
  readonly db: Kysely<AuctionDatabase>
  readonly wallet: Call
  readonly gacha: Call
}

/*
 * Both may be done again at any point: the wallet and gacha give their first answers, and what is not there any more is
 * not deleted again.
 */

/**
 * Undoes an auction that nobody was told of: the copy goes back, also when it is only now on its way.
 *
 * @throws {ServiceUnreachable}
 */
export async function undoCreation(
  { db, gacha }: UndoingParts,
  auction: Pick<Auction, 'id' | 'seller'>,
): Promise<void> {
  await returnCopy(gacha, auction)
  await deleteAuction(db, auction.id)
}

/**
 * Takes an auction out of the market: the leader has his TUX back in full, the seller the copy (market §9).
 *
 * @throws {ServiceUnreachable}
 */
export async function finishRemoval(
  { db, wallet, gacha }: UndoingParts,
  auction: Pick<Auction, 'id' | 'seller' | 'leader'>,
): Promise<void> {
  const { leader } = auction
  if (leader) await wallet(walletRoutes.settleHolds, { body: { settlements: [{ hold: leader.bidId }] } })
  await returnCopy(gacha, auction)
  await deleteAuction(db, auction.id)
}

async function returnCopy(gacha: Call, { id, seller }: Pick<Auction, 'id' | 'seller'>): Promise<void> {
  await gacha(gachaRoutes.settleEscrows, { body: { settlements: [{ auction_id: id, to: seller }] } })
}

import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'

/** What an auction that is not over keeps at the other services. */
export interface Commitment {
  readonly auctionId: string
  /** The hold of the leader, and its whole TUX; none while there is no bid. */
  readonly hold: { readonly id: string; readonly uid: string; readonly tux: number } | undefined
  /** Offers or an end are being worked on: what is kept may just be changing. */
  readonly settled: boolean
}

/** What every auction that is not over keeps elsewhere, to be compared with what the others say they keep. */
export async function readCommitments(db: Kysely<AuctionDatabase>): Promise<Commitment[]> {
  const rows = await db
    .selectFrom('auction')
    .select(['id', 'state', 'leader', 'leading_bid', 'highest_bid', 'batch_id'])
    .where('state', '!=', 'closed')
    .execute()
  return rows.map(({ id, state, leader, leading_bid: bid, highest_bid: tux, batch_id: batch }) => ({
    auctionId: id,
    hold: leader && bid ? { id: bid, uid: leader, tux: Number(tux) } : undefined,
    settled: state === 'open' && batch === null,
  }))
}

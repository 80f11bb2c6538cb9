import type { auction } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import {
  accountOf,
  membershipOf,
  numberIn,
  type PersonalDataPage,
  type PersonalDataPlace,
  pieceOf,
  readPersonalDataPage,
  type SectionReaders,
} from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import * as store from './export-store.ts'

type Data = auction.AuctionData

/** A page of everything that auction holds of an account, without who else took part. @throws {UnknownPerson} @throws {UnknownPage} */
export async function exportPersonalData(
  db: Kysely<AuctionDatabase>,
  person: string,
  place?: PersonalDataPlace,
): Promise<PersonalDataPage<Data>> {
  return readPersonalDataPage(sectionsOf(db, accountOf(person)), place)
}

function sectionsOf(db: Kysely<AuctionDatabase>, uid: AccountId): SectionReaders<Data> {
  return {
    membership: async () => ({ sections: { membership: membershipOf(await store.findMembership(db, uid)) } }),

    async auctions(place) {
      const found = await store.listAuctionsOf(db, uid, { before: numberIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ sequence }) => sequence)
      const auctions = rows.map((row) => ({
        id: row.id,
        gacha_name: row.gacha_name,
        starting_price: Number(row.starting_price),
        highest_bid: Number(row.highest_bid),
        ends_at: Number(row.end_time),
        state: row.state,
        outcome: row.outcome,
      }))
      return { sections: { auctions }, next }
    },

    async bids(place) {
      const found = await store.listBidsOf(db, uid, { before: numberIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ sequence }) => sequence)
      const bids = rows.map((row) => {
        const leads = row.leading_bid === row.id
        return {
          id: row.id,
          auction_id: row.auction_id,
          gacha_name: row.gacha_name,
          amount: Number(row.amount),
          leads,
          bought: leads && row.outcome === 'sold',
          placed_at: new Date(row.placed_at * 1000).toISOString(),
        }
      })
      return { sections: { bids }, next }
    },
  }
}

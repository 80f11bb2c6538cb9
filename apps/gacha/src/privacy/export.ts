import type { gacha } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import {
  accountOf,
  idIn,
  membershipOf,
  numberIn,
  type PersonalDataPage,
  type PersonalDataPlace,
  pieceOf,
  readPersonalDataPage,
  type SectionReaders,
} from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import * as store from './export-store.ts'

type Data = gacha.GachaData

/** A page of everything that gacha holds of an account. @throws {UnknownPerson} @throws {UnknownPage} */
export async function exportPersonalData(
  db: Kysely<GachaDatabase>,
  person: string,
  place?: PersonalDataPlace,
): Promise<PersonalDataPage<Data>> {
  return readPersonalDataPage(sectionsOf(db, accountOf(person)), place)
}

function sectionsOf(db: Kysely<GachaDatabase>, uid: AccountId): SectionReaders<Data> {
  return {
    membership: async () => ({ sections: { membership: membershipOf(await store.findMembership(db, uid)) } }),

    async copies(place) {
      const found = await store.listCopies(db, uid, { after: numberIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ sequence }) => sequence)
      return { sections: { copies: rows.map(({ name, rarity, copies }) => ({ name, rarity, copies })) }, next }
    },

    async rolls(place) {
      const found = await store.listRolls(db, uid, { before: numberIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ sequence }) => sequence)
      const rolls = rows.map((row) => {
        const { id, state, clientSeed, rolledAt, settledAt } = row
        // What was drawn is nobody's until it is delivered: nobody is to know it before.
        const won = state === 'delivered' ? row : { name: null, rarity: null }
        return {
          id,
          state: state === 'drawn' ? 'unsettled' : state,
          name: won.name,
          rarity: won.rarity,
          client_seed: clientSeed,
          rolled_at: rolledAt.toISOString(),
          settled_at: settledAt?.toISOString() ?? null,
        }
      })
      return { sections: { rolls }, next }
    },

    async offered(place) {
      const found = await store.listOffered(db, uid, { after: idIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ auctionId }) => auctionId)
      const offered = rows.map(({ auctionId, name, state, isReturned, takenAt, endedAt }) => ({
        auction_id: auctionId,
        name,
        state: isReturned ? 'returned' : state,
        taken_at: takenAt.toISOString(),
        ended_at: endedAt?.toISOString() ?? null,
      }))
      return { sections: { offered }, next }
    },

    async received(place) {
      const found = await store.listReceived(db, uid, { after: idIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, ({ auctionId }) => auctionId)
      const received = rows.map(({ auctionId, name, endedAt }) => ({
        auction_id: auctionId,
        name,
        received_at: endedAt.toISOString(),
      }))
      return { sections: { received }, next }
    },
  }
}

import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { isGachaName } from '../catalogue/gacha.ts'
import { whyNotTaken } from '../collections/collections.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import {
  type AuctionId,
  EscrowConflict,
  type EscrowOutcome,
  type EscrowState,
  type EscrowStatus,
  MalformedAuction,
  type Settlement,
} from './escrow.ts'
import * as store from './escrow-store.ts'

/** What an auction does with the copy it is about. Each call may be repeated and has the first outcome. */
export interface Escrows {
  /**
   * Takes one copy out of a collection and keeps it until the auction is over. The same again has the first answer,
   * also when it is over by now.
   *
   * @throws {MalformedAuction}
   * @throws {UnknownGacha} @throws {NoCollection} @throws {NotCollected}
   * @throws {EscrowConflict} when another copy was taken for the auction, or it was settled before this came
   */
  take(auctionId: string, uid: string, name: string): Promise<void>
  /** One for each, in their order. @throws {MalformedAuction} */
  lookUp(auctionIds: readonly string[]): Promise<EscrowStatus[]>
  /**
   * Gives each copy to a player, as far as the collection is open and the gacha still there, or discards it. One that
   * has ended before says how, and one that was never taken never will be.
   *
   * @throws {MalformedAuction}
   */
  settle(settlements: readonly { readonly auctionId: string; readonly to: string | null }[]): Promise<EscrowOutcome[]>
}

export function createEscrows({ db, clock }: { db: Kysely<GachaDatabase>; clock: Clock }): Escrows {
  return {
    async take(auction, player, name) {
      const auctionId = parseAuction(auction)
      const uid = parseId<AccountId>(player)
      if (uid && isGachaName(name) && (await store.takeCopy(db, { auctionId, uid, name }, clock.now()))) return
      const taken = await store.findTaken(db, auctionId)
      if (taken === undefined) throw await whyNotTaken(db, uid, name)
      if (taken?.uid !== uid || taken?.name !== name) throw new EscrowConflict()
    },

    async lookUp(auctionIds) {
      return store.readStatuses(db, auctionIds.map(parseAuction))
    },

    async settle(requests) {
      const settlements = requests.map(({ auctionId, to }): Settlement => ({
        auctionId: parseAuction(auctionId),
        to: to === null ? undefined : parseId<AccountId>(to),
      }))
      const ids = settlements.map(({ auctionId }) => auctionId)
      const now = clock.now()
      // By itself, so that a taking under way is waited for before anything is locked. What is known is left alone.
      await store.insertTombstones(db, ids, now)
      // The locks rely on it: a statement sees what was committed before it, not before the transaction.
      return db
        .transaction()
        .setIsolationLevel('read committed')
        .execute(async (tx) => {
          await store.lockEnds(tx, settlements)
          await store.endEscrows(tx, settlements, now)
          return (await store.readStates(tx, ids)).map(outcomeOf)
        })
    },
  }
}

function outcomeOf(state: EscrowState): EscrowOutcome {
  if (state === 'kept') throw new TypeError('an escrow was settled and is still kept')
  return state
}

/** @throws {MalformedAuction} */
function parseAuction(text: string): AuctionId {
  // The contract takes a UUID in either case, which is the same id.
  const id = parseId<AuctionId>(text.toLowerCase())
  if (id === undefined) throw new MalformedAuction()
  return id
}

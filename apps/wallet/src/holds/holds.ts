import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import { lockParties } from '../ledger/player-store.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import { transact } from '../ledger/transact.ts'
import type { HoldId } from '../ledger/transfer.ts'
import type { Hold, Placed } from './hold.ts'
import { findHolds, insertTombstones } from './hold-store.ts'
import { findBatch, recordOffers, removeBatches } from './offer-store.ts'
import { decideOffers, hashOfOffers, type OfferBatch, type OfferOutcome } from './offers.ts'
import { OffersConflict } from './rejections.ts'
import { recordSettlements } from './settlement-store.ts'
import { decideSettlements, type Settlement, type SettlementOutcome } from './settlements.ts'

/** What an auction house does with the TUX of its bidders. Each call may be repeated and has the first outcome. */
export interface Holds {
  /**
   * Freezes TUX for offers, decided one after the other, and releases what they outbid. A batch that is refused changes
   * nothing.
   *
   * @throws {OffersConflict}
   */
  placeOffers(batch: OfferBatch): Promise<readonly OfferOutcome[]>
  /**
   * Ends holds. What is held is paid to the seller (`captured`), or given back: since nobody sells, since the bidder has
   * gone (`released`), or since the seller has (`seller-gone`). An id under which there is no hold is taken out of use.
   * A batch that is refused pays nothing and gives nothing back.
   *
   * @throws {OwnSale}
   * @throws {HoldConflict} when another seller or auction was paid
   * @throws {AlreadySold}
   */
  settle(settlements: readonly Settlement[]): Promise<readonly SettlementOutcome[]>
  /** Forgets the answers to batches that are so old that nobody asks again. */
  forgetOldBatches(): Promise<void>
}

/** A retry comes within minutes; after a day nobody waits for an answer any more. */
const batchLifeMs = 24 * 60 * 60 * 1000
/** The second finds all holds there, and a further one those that were being placed in the moment of the first. */
const attemptsLimit = 5
/** So many are removed by one statement, so that none takes long, and so often at most in one go. */
const sweepLimit = 2000
const sweepRounds = 500

export function createHolds({ db, clock }: { db: Kysely<WalletDatabase>; clock: Clock }): Holds {
  /** Decides a batch; `again` when a standing hold came after its player was to be locked. */
  async function decide(
    tx: Transaction<WalletDatabase>,
    batch: OfferBatch,
  ): Promise<readonly OfferOutcome[] | 'taken' | 'again'> {
    const standing = batch.standing.map(({ hold }) => hold)
    const parties = await lockParties(tx, uidsOf(batch.offers.map(({ uid }) => uid)), standing)
    const open = openOf(standing.length === 0 ? new Map() : await findHolds(tx, standing))
    // What it gives back would be given to a player who is not locked, or locked out of turn.
    if (![...open.values()].every(({ uid }) => parties.has(uid))) return 'again'
    const free = new Map([...parties].map(([uid, balances]) => [uid, balances.tux]))
    const decision = decideOffers(batch, { free, open })
    return (await recordOffers(tx, batch, decision, clock.now())) ? decision.outcomes : 'taken'
  }

  /** Settles all; undefined when some holds are unknown, or came after their players were to be locked. */
  async function settleAll(
    tx: Transaction<WalletDatabase>,
    settlements: readonly Settlement[],
  ): Promise<readonly SettlementOutcome[] | undefined> {
    const ids = settlements.map(({ hold }) => hold)
    const parties = await lockParties(tx, uidsOf(settlements.flatMap(({ sale }) => sale?.seller ?? [])), ids)
    const holds = await findHolds(tx, ids)
    const isLocked = ({ uid }: Placed): boolean => parties.has(uid)
    if (!ids.every((id) => holds.has(id)) || ![...openOf(holds).values()].every(isLocked)) return undefined
    const decision = decideSettlements(settlements, holds, parties)
    if (decision.endings.length > 0) await recordSettlements(tx, decision, clock.now())
    return decision.outcomes
  }

  return {
    async placeOffers(batch) {
      for (let attempt = 0; attempt < attemptsLimit; attempt += 1) {
        const outcomes = await transact(db, (tx) => decide(tx, batch))
        if (outcomes === 'again') continue
        if (outcomes !== 'taken') return outcomes
        const earlier = await findBatch(db, batch.id)
        if (!earlier?.requestHash.equals(hashOfOffers(batch))) throw new OffersConflict('batch')
        return earlier.outcomes
      }
      throw new Error('standing holds of players who cannot be locked')
    },

    async settle(settlements) {
      for (let attempt = 0; attempt < attemptsLimit; attempt += 1) {
        const outcomes = await transact(db, (tx) => settleAll(tx, settlements))
        if (outcomes) return outcomes
        // By itself: a placement that waited for the tombstone would keep the players locked that this waits for.
        await insertTombstones(
          db,
          settlements.map(({ hold }) => hold),
          clock.now(),
        )
      }
      throw new Error('open holds of players who cannot be locked')
    },

    async forgetOldBatches() {
      const before = new Date(clock.now().getTime() - batchLifeMs)
      for (let round = 0; round < sweepRounds; round += 1)
        if ((await removeBatches(db, before, sweepLimit)) < sweepLimit) return
    },
  }
}

function uidsOf(texts: readonly string[]): readonly AccountId[] {
  return [...new Set(texts)].flatMap((text) => parseId<AccountId>(text) ?? [])
}

function openOf(holds: ReadonlyMap<HoldId, Hold>): ReadonlyMap<HoldId, Placed> {
  return new Map(
    [...holds.values()].flatMap(({ id, state, placed }) => (state === 'open' && placed ? [[id, placed] as const] : [])),
  )
}

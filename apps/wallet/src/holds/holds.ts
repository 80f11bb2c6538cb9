import { type AccountId, type Clock, newId, parseId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { Tux } from '../ledger/money.ts'
import { knownUid, lockParties } from '../ledger/player-store.ts'
import { NegativeAmount, NotEnoughTux, UnknownPlayer } from '../ledger/rejections.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import { transact } from '../ledger/transact.ts'
import { recordTransfer } from '../ledger/transfer-store.ts'
import { decideSale, type HoldId, type TransferId } from '../ledger/transfer.ts'
import { endHold, findHold, insertHold, insertTombstone, releaseReplaced } from './hold-store.ts'
import {
  answerCapture,
  canHold,
  type Capture,
  type CaptureOutcome,
  checkSamePlacement,
  type Hold,
  type Placement,
} from './hold.ts'
import { AlreadySold, UnknownHold } from './rejections.ts'

/** What an auction does with the TUX of its bidders. Each call may be repeated and has the first outcome. */
export interface Holds {
  /**
   * Freezes TUX of a player and releases the holds that are listed, of whomever, as far as they are still open. Both or
   * neither: a refusal changes nothing.
   *
   * @throws {NegativeAmount}
   * @throws {NotEnoughTux}
   * @throws {UnknownPlayer}
   * @throws {HoldConflict} also when the hold was released before it came
   */
  place(placement: {
    readonly id: HoldId
    readonly uid: string
    readonly amount: Tux
    readonly releases: readonly HoldId[]
  }): Promise<void>
  /** Gives back what is held, also before it was placed; says when it has been paid instead. */
  release(id: HoldId): Promise<'released' | 'captured'>
  /**
   * Pays what is held to the seller of an auction. Where the bidder has gone nothing is held any more (`released`), and
   * where the seller has gone the bidder gets it back (`seller-gone`).
   *
   * @throws {OwnSale}
   * @throws {UnknownHold}
   * @throws {HoldConflict} when another seller or auction was paid
   * @throws {AlreadySold}
   */
  capture(capture: Capture): Promise<CaptureOutcome>
}

export function createHolds({ db, clock }: { db: Kysely<WalletDatabase>; clock: Clock }): Holds {
  /** The hold under an id, or undefined once the id is out of use. */
  async function findOrBury(tx: Transaction<WalletDatabase>, id: HoldId): Promise<Hold | undefined> {
    const hold = await findHold(tx, id)
    if (hold || (await insertTombstone(tx, id, clock.now()))) return hold
    // A placement under way was waited for, and is there now.
    return findHold(tx, id)
  }

  async function settle(tx: Transaction<WalletDatabase>, capture: Capture): Promise<CaptureOutcome> {
    const { id, auctionId } = capture
    const hold = await findHold(tx, id)
    if (!hold) throw new UnknownHold()
    const answer = answerCapture(hold, capture)
    if (typeof answer === 'string') return answer

    const { uid, amount } = answer
    const seller = parseId<AccountId>(capture.seller)
    const parties = await lockParties(tx, seller === undefined ? [uid] : [uid, seller])
    const now = clock.now()
    const buyer = parties.get(uid)
    const sale = buyer && seller !== undefined && parties.has(seller) ? { holdId: id, seller, auctionId } : undefined
    // While the accounts were waited for the hold may have ended, and cannot any more: the second look decides.
    if (!(await endHold(tx, id, { state: sale ? 'captured' : 'released', capture, now }))) return settle(tx, capture)
    if (!buyer || !sale) return 'seller-gone'
    const request = { id: newId<TransferId>(), kind: 'sale', uid, requested: amount, sale } as const
    if (!(await recordTransfer(tx, request, decideSale(buyer, amount), now))) throw new AlreadySold()
    return 'captured'
  }

  return {
    async place({ id, uid, amount, releases }) {
      const placement: Placement = { id, uid: knownUid(uid), amount, releases }
      if (amount < 0n) throw new NegativeAmount()
      await transact(db, async (tx) => {
        const now = clock.now()
        const parties = await lockParties(tx, [placement.uid], releases)
        const balances = parties.get(placement.uid)
        if (balances) {
          const freed = await releaseReplaced(tx, placement, [...parties.keys()], now)
          if (canHold(balances, freed, amount) && (await insertHold(tx, placement, now))) return
        }
        // A retry may come when the player has spent the rest, or has gone: it still gets the first outcome.
        const earlier = await findHold(tx, id)
        if (!earlier) throw balances ? new NotEnoughTux(amount) : new UnknownPlayer(uid)
        checkSamePlacement(earlier, placement)
      })
    },

    async release(id) {
      return transact(db, async (tx) => {
        const hold = await findOrBury(tx, id)
        if (hold?.state === 'open' && hold.placed) {
          await lockParties(tx, [hold.placed.uid])
          if (await endHold(tx, id, { state: 'released', now: clock.now() })) return 'released'
        }
        const ended = hold?.state === 'open' ? await findHold(tx, id) : hold
        return ended?.state === 'captured' ? 'captured' : 'released'
      })
    },

    async capture(capture) {
      return transact(db, (tx) => settle(tx, capture))
    },
  }
}

import { type Balances, type Tux, tux } from '../ledger/money.ts'
import { type AuctionId, digest, type HoldId } from '../ledger/transfer.ts'
import type { Hold } from './hold.ts'
import { HoldConflict, OwnSale } from './rejections.ts'

/** How a hold is to end: paid to a seller, or given back. */
export interface Settlement {
  readonly hold: HoldId
  readonly sale?: Sale | undefined
}

/** Whom to pay what is held, and for which auction. */
export interface Sale {
  /** As the caller wrote it: one that is no UUID is a player nobody knows. */
  readonly seller: string
  readonly auctionId: AuctionId
}

export type SettlementOutcome = 'captured' | 'released' | 'seller-gone'

/** What becomes of a batch of settlements. */
export interface SettlementDecision {
  /** One for each settlement, in their order. */
  readonly outcomes: readonly SettlementOutcome[]
  readonly endings: readonly Ending[]
  readonly payments: readonly Payment[]
}

/** An open hold that ends now. */
export interface Ending {
  readonly hold: HoldId
  readonly state: 'captured' | 'released'
  readonly captureHash: Buffer | undefined
}

/** What a captured hold pays. */
export interface Payment extends Sale {
  readonly hold: HoldId
  readonly buyer: string
  readonly amount: Tux
  /** What the buyer has afterwards: as much as before, since it was held. */
  readonly after: Balances
  readonly hash: Buffer
}

/**
 * Takes the settlements one after the other. A hold that has ended, before or in this batch, says how.
 *
 * @param holds all of them that are settled
 * @param parties what everybody has who is there, the bidders of open holds among them
 * @throws {HoldConflict} when another seller or auction was paid
 * @throws {OwnSale}
 */
export function decideSettlements(
  settlements: readonly Settlement[],
  holds: ReadonlyMap<HoldId, Hold>,
  parties: ReadonlyMap<string, Balances>,
): SettlementDecision {
  const now = new Map(holds)
  const balances = new Map(parties)
  const endings: Ending[] = []
  const payments: Payment[] = []

  const give = (uid: string, amount: Tux): void => {
    const has = balances.get(uid)
    if (has) balances.set(uid, { ...has, tux: tux(has.tux + amount) })
  }
  const end = (hold: Hold, state: 'captured' | 'released', captureHash?: Buffer): void => {
    now.set(hold.id, { ...hold, state, captureHash })
    endings.push({ hold: hold.id, state, captureHash })
  }

  const settle = ({ hold: id, sale }: Settlement): SettlementOutcome => {
    const hold = now.get(id)
    if (!hold) throw new TypeError(`the hold ${id} is not there`)
    const hash = sale && hashOfSale(sale)
    if (hash && hold.captureHash?.equals(hash) === false) throw new HoldConflict(id, hold.state)
    const { placed } = hold
    if (hold.state !== 'open' || !placed) {
      if (hold.state === 'captured') return 'captured'
      return sale && hold.captureHash ? 'seller-gone' : 'released'
    }
    if (!sale || !hash) {
      end(hold, 'released')
      give(placed.uid, placed.amount)
      return 'released'
    }
    if (placed.uid === sale.seller) throw new OwnSale()
    const after = balances.get(placed.uid)
    if (!after) throw new TypeError(`the bidder of the open hold ${id} is not there`)
    if (!balances.has(sale.seller)) {
      end(hold, 'released', hash)
      give(placed.uid, placed.amount)
      return 'seller-gone'
    }
    end(hold, 'captured', hash)
    give(sale.seller, placed.amount)
    payments.push({ ...sale, hold: id, buyer: placed.uid, amount: placed.amount, after, hash })
    return 'captured'
  }

  return { outcomes: settlements.map(settle), endings, payments }
}

/** The same for the same sale and no other. */
export function hashOfSale({ seller, auctionId }: Sale): Buffer {
  return digest(['capture', seller, auctionId])
}

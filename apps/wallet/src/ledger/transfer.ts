import { createHash } from 'node:crypto'
import type { AccountId, Brand } from '@sallyport/kernel'
import { type Balances, costOf, type Fiat, fiat, openingFiat, rollPrice, type Tux, tux } from './money.ts'

/** A UUID that the caller makes, so that a retry can be told from a second transfer. */
export type TransferId = Brand<string, 'TransferId'>
/** A UUID that the caller makes, of TUX that are frozen for a bid. */
export type HoldId = Brand<string, 'HoldId'>
/** A hold begins open and ends once: paid to a seller, or given back. */
export type HoldState = 'open' | 'captured' | 'released'
export type AuctionId = Brand<string, 'AuctionId'>

export type TransferKind = 'opening' | 'purchase' | 'roll' | 'sale' | 'closing'
/** `refused` for lack of funds; `voided` before it could happen. Both move nothing. */
export type TransferState = 'booked' | 'refused' | 'voided'
export type HouseAccount = 'tux-emitted' | 'tux-spent' | 'fiat-issued' | 'fiat-earned'

/** What a caller wants of the ledger, under an id of their own. Sales have a way of their own: see holds/. */
export interface TransferRequest {
  readonly id: TransferId
  readonly kind: Exclude<TransferKind, 'sale'>
  readonly uid: AccountId
  /** The TUX that a purchase or a roll asks for. */
  readonly requested?: Tux
}

/** One side of a movement: what is added to an account, negative for what is taken. */
export type Entry =
  | {
      readonly account: 'player' | 'tux-emitted' | 'tux-spent'
      readonly currency: 'tux'
      readonly amount: Tux
    }
  | { readonly account: 'player' | 'fiat-issued' | 'fiat-earned'; readonly currency: 'fiat'; readonly amount: Fiat }

/** What becomes of a request. */
export interface Decision {
  readonly state: 'booked' | 'refused'
  readonly entries: readonly Entry[]
  readonly after: Balances
}

/** What a player's history consists of, as the ledger keeps it. */
export type RecordedTransfer = RecordedAttempt<'purchase'> | RecordedAttempt<'roll'> | RecordedSale

/** Something that the player tried to pay for. */
export interface RecordedAttempt<Kind extends 'purchase' | 'roll'> {
  readonly id: string
  readonly kind: Kind
  /** False when it was refused. */
  readonly filled: boolean
  readonly requested: Tux
  /** What the player had afterwards. */
  readonly after: Balances
  readonly at: Date
}

/** An auction that the player won or sold. */
export interface RecordedSale {
  readonly id: string
  readonly kind: 'sale'
  readonly auctionId: string
  readonly buyer: string
  readonly seller: string
  readonly amount: Tux
  readonly at: Date
}

/** A new player is given fiat. */
export function decideOpening(): Decision {
  return {
    state: 'booked',
    entries: moveFiat('fiat-issued', 'player', openingFiat),
    after: { tux: tux(0n), fiat: openingFiat },
  }
}

/** A purchase gives TUX that did not exist before for fiat that the house earns; without enough fiat nothing moves. */
export function decidePurchase(balances: Balances, amount: Tux): Decision {
  const cost = costOf(amount)
  if (balances.fiat < cost) return { state: 'refused', entries: [], after: balances }
  return {
    state: 'booked',
    entries: [...moveFiat('player', 'fiat-earned', cost), ...moveTux('tux-emitted', 'player', amount)],
    after: { tux: tux(balances.tux + amount), fiat: fiat(balances.fiat - cost) },
  }
}

/** A roll takes its price out of circulation; without enough TUX nothing moves. */
export function decideRoll(balances: Balances): Decision {
  if (balances.tux < rollPrice) return { state: 'refused', entries: [], after: balances }
  return {
    state: 'booked',
    entries: moveTux('player', 'tux-spent', rollPrice),
    after: { tux: tux(balances.tux - rollPrice), fiat: balances.fiat },
  }
}

/** A closed account keeps nothing. Its fiat was given and not earned, so it goes back to where it was issued. */
export function decideClosing(balances: Balances): Decision {
  return {
    state: 'booked',
    entries: [...moveFiat('player', 'fiat-issued', balances.fiat), ...moveTux('player', 'tux-spent', balances.tux)],
    after: { tux: tux(0n), fiat: fiat(0n) },
  }
}

type TuxAccount = Extract<Entry, { currency: 'tux' }>['account']
type FiatAccount = Extract<Entry, { currency: 'fiat' }>['account']

function moveTux(from: TuxAccount, to: TuxAccount, amount: Tux): readonly Entry[] {
  if (amount === 0n) return []
  return [
    { account: from, currency: 'tux', amount: tux(0n - amount) },
    { account: to, currency: 'tux', amount },
  ]
}

function moveFiat(from: FiatAccount, to: FiatAccount, amount: Fiat): readonly Entry[] {
  if (amount === 0n) return []
  return [
    { account: from, currency: 'fiat', amount: fiat(0n - amount) },
    { account: to, currency: 'fiat', amount },
  ]
}

/** The same for the same request and no other (design §5): what tells a retry from a conflict. */
export function hashOf(request: TransferRequest): Buffer {
  const { kind, uid, requested } = request
  return digest([kind, uid, requested?.toString() ?? null])
}

/** The hash of making a roll's charge void, which is no request of the ledger's own kinds. */
export function hashOfVoid(): Buffer {
  return digest(['void-roll'])
}

/** The hash of the content of a request. */
export function digest(content: readonly (string | null)[]): Buffer {
  return createHash('sha256').update(JSON.stringify(content)).digest()
}

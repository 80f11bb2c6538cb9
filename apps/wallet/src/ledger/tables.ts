import type { Generated, GeneratedAlways } from 'kysely'
import type { OfferOutcome } from '../holds/offers.ts'
import type { HoldState, HouseAccount, TransferKind, TransferState } from './transfer.ts'

/** The tables of `migrations/`. Amounts are units: see money.ts. */
export interface WalletDatabase {
  player: PlayerTable
  account: AccountTable
  transfer: TransferTable
  entry: EntryTable
  hold: HoldTable
  offer_batch: OfferBatchTable
}

interface PlayerTable {
  uid: string
  opened_at: Date | null
  closed_at: Date | null
}

interface AccountTable {
  uid: string
  currency: 'tux' | 'fiat'
  /** The sum of the account's entries, kept by a trigger. */
  balance: GeneratedAlways<bigint>
  /** The part of the balance that is frozen: the sum of the open holds, kept by a trigger. */
  held: GeneratedAlways<bigint>
}

interface TransferTable {
  id: string
  sequence: GeneratedAlways<bigint>
  kind: TransferKind
  state: TransferState
  request_hash: Buffer
  /** Null for a charge that was made void before anybody knew whose it was. */
  uid: string | null
  /** A whole number of millionths; more than `int8` holds, so it comes as a text. */
  requested: string | null
  /** What `uid` had afterwards, without what was frozen in bids. */
  tux_after: bigint | null
  fiat_after: bigint | null
  created_at: Date
  created_in: Generated<string>
  /** These three are of a sale. */
  hold_id: string | null
  seller_uid: string | null
  auction_id: string | null
}

interface EntryTable {
  transfer_id: string
  line: number
  currency: 'tux' | 'fiat'
  uid: string | null
  house: HouseAccount | null
  amount: bigint
}

interface HoldTable {
  id: string
  state: HoldState
  /** Null, like all that a placement says, for a hold that was released before it was placed. */
  uid: string | null
  amount: bigint | null
  capture_hash: Buffer | null
  placed_at: Date | null
  ended_at: Date | null
}

interface OfferBatchTable {
  id: string
  request_hash: Buffer
  /** One for each offer, in their order. */
  outcomes: readonly OfferOutcome[]
  created_at: Date
}

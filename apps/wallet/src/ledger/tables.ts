import type { Generated, GeneratedAlways } from 'kysely'
import type { HouseAccount, TransferKind, TransferState } from './transfer.ts'

/** The tables of `migrations/`. Amounts are units: see money.ts. */
export interface WalletDatabase {
  player: PlayerTable
  account: AccountTable
  transfer: TransferTable
  entry: EntryTable
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
  tux_after: bigint | null
  fiat_after: bigint | null
  created_at: Date
  created_in: Generated<string>
}

interface EntryTable {
  transfer_id: string
  line: number
  currency: 'tux' | 'fiat'
  uid: string | null
  house: HouseAccount | null
  amount: bigint
}

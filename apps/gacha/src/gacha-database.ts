import { fileURLToPath } from 'node:url'
import type { AccountId } from '@sallyport/kernel'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { GachaId, GachaName, Rarity } from './catalogue/gacha.ts'
import type { AuctionId, EscrowState } from './escrow/escrow.ts'
import type { RollId, RollState, SnapshotLot } from './rolls/roll.ts'

/** The tables of gacha's database. */
export interface GachaDatabase {
  gacha: { id: GachaId; sequence: Generated<bigint>; name: GachaName; rarity: Rarity; image: string }
  seeding: { name: string; seeded_at: Date }
  collection: { uid: AccountId; opened_at: Date | null; closed_at: Date | null }
  copy: { uid: AccountId; gacha_id: GachaId; copies: number; sequence: Generated<bigint> }
  roll: {
    id: RollId
    uid: AccountId
    gacha_id: GachaId
    state: RollState
    drawn_at: Date
    settled_at: Date | null
    sequence: GeneratedAlways<bigint>
    gacha_name: GachaName | null
    rarity: Rarity | null
    seed: Buffer | null
    client_seed: string | null
    attempt: number | null
    catalogue: Buffer | null
    next_commitment: Buffer | null
  }
  roll_seed: { uid: AccountId; seed: Buffer; commitment: GeneratedAlways<Buffer> }
  catalogue_snapshot: { digest: Buffer; lots: ColumnType<readonly SnapshotLot[], string, never> }
  escrow: {
    auction_id: AuctionId
    uid: AccountId | null
    gacha_name: GachaName | null
    gacha_id: GachaId | null
    state: EscrowState
    given_to: AccountId | null
    taken_at: Date | null
    ended_at: Date | null
  }
}

/** The folder of the migrations of this database. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

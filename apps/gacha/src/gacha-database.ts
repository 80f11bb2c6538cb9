import { fileURLToPath } from 'node:url'
import type { AccountId } from '@sallyport/kernel'
import type { Generated } from 'kysely'
import type { GachaId, GachaName, Rarity } from './catalogue/gacha.ts'
import type { RollId, RollState } from './rolls/roll.ts'

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
  }
}

/** The folder of the migrations of this database. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

import { type Finding, findViolations } from '@sallyport/database'
import type { Kysely } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import { invariants } from './invariants.ts'

/** Says what is wrong with copies, rolls and escrows, nothing when all is well. It reads every row. */
export function verifyCopies(db: Kysely<GachaDatabase>): Promise<readonly Finding[]> {
  return findViolations(db, invariants)
}

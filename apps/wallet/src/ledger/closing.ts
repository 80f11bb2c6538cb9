import { type AccountId, newId } from '@sallyport/kernel'
import type { Transaction } from 'kysely'
import { releaseHoldsOf } from '../holds/hold-store.ts'
import { type Balances, tux } from './money.ts'
import { insertTombstone, lockBalances, markClosed } from './player-store.ts'
import type { WalletDatabase } from './tables.ts'
import { decideClosing } from './transfer.ts'
import { recordTransfer } from './transfer-store.ts'

/**
 * Releases all holds of a player, takes back what is in the accounts and closes them; also before they were opened. Whether
 * they were open.
 */
export async function closePlayer(tx: Transaction<WalletDatabase>, uid: AccountId, now: Date): Promise<boolean> {
  if (await insertTombstone(tx, uid, now)) return false
  const balances = await lockBalances(tx, uid)
  if (!balances) return false
  const released = await releaseHoldsOf(tx, uid, now)
  const all: Balances = { ...balances, tux: tux(balances.tux + released) }
  await recordTransfer(tx, { id: newId(), kind: 'closing', uid }, decideClosing(all), now)
  await markClosed(tx, uid, now)
  return true
}

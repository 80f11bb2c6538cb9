import type { Kysely } from 'kysely'
import { tux, tuxToNumber } from '../ledger/money.ts'
import type { WalletDatabase } from '../ledger/tables.ts'

/** TUX that are frozen for a bid. */
export interface OpenHold {
  readonly id: string
  readonly uid: string
  readonly tux: number
}

/** All open holds, to be compared with the bids they are for. */
export async function readOpenHolds(db: Kysely<WalletDatabase>): Promise<OpenHold[]> {
  const rows = await db.selectFrom('hold').select(['id', 'uid', 'amount']).where('state', '=', 'open').execute()
  return rows.flatMap(({ id, uid, amount }) =>
    uid === null || amount === null ? [] : [{ id, uid, tux: tuxToNumber(tux(amount)) }],
  )
}

/** Which of these have open accounts. */
export async function readOpenPlayers(db: Kysely<WalletDatabase>, uids: readonly string[]): Promise<Set<string>> {
  if (uids.length === 0) return new Set()
  const rows = await db
    .selectFrom('player')
    .select('uid')
    .where('uid', 'in', uids)
    .where('closed_at', 'is', null)
    .execute()
  return new Set(rows.map(({ uid }) => uid))
}

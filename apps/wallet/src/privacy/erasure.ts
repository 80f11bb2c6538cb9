import { type Erased, erasures } from '@sallyport/contracts'
import { countErased } from '@sallyport/database'
import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { type Kysely, sql } from 'kysely'
import { closePlayer } from '../ledger/closing.ts'
import { MalformedId } from '../ledger/rejections.ts'
import type { WalletDatabase } from '../ledger/tables.ts'
import { transact } from '../ledger/transact.ts'

/**
 * What identity asks when a person is to be erased. The ledger knows people by their ids alone, which then lead to nobody:
 * the accounts are closed, what was in them goes back to the house, and the entries stay, so that the books still sum to zero.
 */
export function erasureRoutes(parts: { readonly db: Kysely<WalletDatabase>; readonly clock: Clock }): HandledRoute[] {
  return [
    handle(erasures.wallet, async ({ params, body }) => {
      const uid = parseId<AccountId>(body.uid)
      if (uid === undefined) throw new MalformedId()
      return ok(await erase(parts, params.erasureId, uid))
    }),
  ]
}

function erase(
  { db, clock }: { readonly db: Kysely<WalletDatabase>; readonly clock: Clock },
  erasureId: string,
  uid: AccountId,
): Promise<Erased> {
  return transact(db, async (tx) => {
    const now = clock.now()
    const wasOpen = await closePlayer(tx, uid, now)
    const { rows } = await sql<{ transfers: number; holds: number }>`
      select (select count(*) from transfer where uid = ${uid} or seller_uid = ${uid})::int as transfers,
        (select count(*) from hold where uid = ${uid})::int as holds`.execute(tx)
    const removed = await countErased(tx, erasureId, { 'open wallets': wasOpen ? 1 : 0 }, now)
    return { removed, anonymous: { transfers: rows[0]?.transfers ?? 0, holds: rows[0]?.holds ?? 0 } }
  })
}

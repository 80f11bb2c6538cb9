import { type AccountId, parseId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import { fiat, type Funds, tux } from './money.ts'
import { UnknownPlayer } from './rejections.ts'
import type { WalletDatabase } from './tables.ts'
import type { HoldId } from './transfer.ts'

/**
 * The uid as the id of somebody.
 *
 * @throws {UnknownPlayer} when it is no UUID
 */
export function knownUid(uid: string): AccountId {
  const id = parseId<AccountId>(uid)
  if (id === undefined) throw new UnknownPlayer(uid)
  return id
}

/**
 * The balances of an open player, locked until the transaction ends: what happens to one player happens one after the
 * other. Undefined when there is no such player, or no longer.
 */
export async function lockBalances(tx: Transaction<WalletDatabase>, uid: AccountId): Promise<Funds | undefined> {
  return (await lockParties(tx, [uid])).get(uid)
}

/** The same for several players at once, and for those whom these holds are of; who is not open is left out. */
export async function lockParties(
  tx: Transaction<WalletDatabase>,
  uids: readonly AccountId[],
  holds: readonly HoldId[] = [],
): Promise<ReadonlyMap<string, Funds>> {
  const parties =
    holds.length === 0
      ? sql<string>`any(${uids}::uuid[])`
      : // Read before anything is locked, and still true afterwards: a hold never changes hands.
        sql<string>`any(${uids}::uuid[] || array(select uid from hold where id = any(${holds}::uuid[])))`
  const rows = await tx
    .selectFrom('player')
    .innerJoin('account', 'account.uid', 'player.uid')
    .select(['account.uid', 'account.currency', 'account.balance', 'account.held'])
    .where('player.uid', '=', parties)
    .where('player.closed_at', 'is', null)
    // Everybody locks in this order, or two who outbid each other would wait for one another.
    .orderBy('account.uid')
    .orderBy('account.currency')
    // Both: a row that is not locked is read as it was before the wait, and spent twice, or after its player has gone.
    .forNoKeyUpdate(['player', 'account'])
    .execute()
  const accounts = Map.groupBy(rows, ({ uid }) => uid)
  return new Map(
    [...accounts].flatMap(([uid, rowsOfPlayer]) => {
      const funds = toFunds(rowsOfPlayer)
      return funds ? [[uid, funds] as const] : []
    }),
  )
}

/** The balances of an open player, or undefined. */
export async function readBalances(db: Kysely<WalletDatabase>, uid: AccountId): Promise<Funds | undefined> {
  const rows = await db
    .selectFrom('player')
    .innerJoin('account', 'account.uid', 'player.uid')
    .select(['account.currency', 'account.balance', 'account.held'])
    .where('player.uid', '=', uid)
    .where('player.closed_at', 'is', null)
    .execute()
  return toFunds(rows)
}

interface AccountRow {
  readonly currency: 'tux' | 'fiat'
  readonly balance: bigint
  readonly held: bigint
}

function toFunds(rows: readonly AccountRow[]): Funds | undefined {
  const tuxRow = rows.find(({ currency }) => currency === 'tux')
  const fiatRow = rows.find(({ currency }) => currency === 'fiat')
  if (!tuxRow || !fiatRow) return undefined
  return { tux: tux(tuxRow.balance - tuxRow.held), fiat: fiat(fiatRow.balance), held: tux(tuxRow.held) }
}

/** Whether the player's accounts are open or closed; undefined for nobody. */
export async function readState(db: Kysely<WalletDatabase>, uid: AccountId): Promise<'open' | 'closed' | undefined> {
  const row = await db.selectFrom('player').select('closed_at').where('uid', '=', uid).executeTakeFirst()
  return row && (row.closed_at === null ? 'open' : 'closed')
}

/** Marks a player who was never opened as closed; false when the player is or was there. */
export async function insertTombstone(tx: Transaction<WalletDatabase>, uid: AccountId, now: Date): Promise<boolean> {
  const inserted = await tx
    .insertInto('player')
    .values({ uid, opened_at: null, closed_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('uid')
    .executeTakeFirst()
  return inserted !== undefined
}

/** Marks an open player as closed. */
export async function markClosed(tx: Transaction<WalletDatabase>, uid: AccountId, now: Date): Promise<void> {
  await tx.updateTable('player').set({ closed_at: now }).where('uid', '=', uid).execute()
}

import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, type Selectable, sql, type Transaction } from 'kysely'
import { fiat, tux } from './money.ts'
import type { WalletDatabase } from './tables.ts'
import {
  type Decision,
  hashOf,
  hashOfVoid,
  type RecordedTransfer,
  type TransferId,
  type TransferKind,
  type TransferRequest,
  type TransferState,
} from './transfer.ts'

/** What is known of an earlier transfer under an id. */
export interface EarlierTransfer {
  readonly kind: TransferKind
  readonly state: TransferState
  readonly requestHash: Buffer
}

/**
 * Writes down what became of a request, with its entries; the balances follow by a trigger. False when the id is
 * taken, or the hold or the auction of a sale is paid for: then nothing is written. The balances of everybody who pays
 * or is paid must be locked.
 */
export async function recordTransfer(
  tx: Transaction<WalletDatabase>,
  request: TransferRequest,
  { state, entries, after }: Decision,
  now: Date,
): Promise<boolean> {
  const { id, kind, uid, requested = null, sale } = request
  // One statement for both tables: a purchase waits for the database three times, not four.
  const { rows } = await sql`
    with recorded as (
      insert into transfer (
        id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at, hold_id, seller_uid, auction_id
      ) values (
        ${id}, ${kind}, ${state}, ${hashOf(request)}, ${uid}, ${requested}, ${after.tux}, ${after.fiat}, ${now},
        ${sale?.holdId ?? null}, ${sale?.seller ?? null}, ${sale?.auctionId ?? null}
      )
      on conflict do nothing
      returning id
    ), entries as (${insertEntries({ player: uid, seller: sale?.seller }, entries)})
    select id from recorded`.execute(tx)
  return rows.length > 0
}

/** Makes a player with accounts and the transfer that opens them, in one statement; false when the player is or was there. */
export async function recordOpening(
  db: Kysely<WalletDatabase>,
  request: TransferRequest & { readonly kind: 'opening' },
  { state, entries, after }: Decision,
  now: Date,
): Promise<boolean> {
  const { id, kind, uid } = request
  const { rows } = await sql`
    with born as (
      insert into player (uid, opened_at) values (${uid}, ${now})
      on conflict do nothing
      returning uid
    ), accounts as (
      insert into account (uid, currency) select born.uid, currency from born, unnest(array['tux', 'fiat']) as currency
    ), recorded as (
      insert into transfer (id, kind, state, request_hash, uid, tux_after, fiat_after, created_at)
      select ${id}::uuid, ${kind}, ${state}, ${hashOf(request)}::bytea, born.uid,
        ${after.tux}::int8, ${after.fiat}::int8, ${now}::timestamptz
      from born
      returning id
    ), entries as (${insertEntries({ player: uid }, entries)})
    select uid from born`.execute(db)
  return rows.length > 0
}

/** The entries of the transfer that the statement has `recorded`. */
function insertEntries(
  parties: { readonly player: AccountId; readonly seller?: AccountId | undefined },
  entries: Decision['entries'],
): RawBuilder<unknown> {
  const uids = entries.map(({ account }) => (account === 'player' || account === 'seller' ? parties[account] : null))
  const houses = entries.map(({ account }) => (account === 'player' || account === 'seller' ? null : account))
  return sql`
    insert into entry (transfer_id, line, currency, uid, house, amount)
    select recorded.id, given.line, given.currency, given.uid, given.house, given.amount
    from recorded, unnest(
      ${entries.map(({ currency }) => currency)}::text[], ${uids}::uuid[], ${houses}::text[],
      ${entries.map(({ amount }) => amount)}::int8[]
    ) with ordinality as given (currency, uid, house, amount, line)`
}

/** Takes a roll's id out of use, so that no charge can come under it; false when the id is taken. */
export async function recordVoid(db: Kysely<WalletDatabase>, id: TransferId, now: Date): Promise<boolean> {
  const inserted = await db
    .insertInto('transfer')
    .values({ id, kind: 'roll', state: 'voided', request_hash: hashOfVoid(), created_at: now })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('id')
    .executeTakeFirst()
  return inserted !== undefined
}

export async function findTransfer(db: Kysely<WalletDatabase>, id: TransferId): Promise<EarlierTransfer | undefined> {
  return db
    .selectFrom('transfer')
    .select(['kind', 'state', 'request_hash as requestHash'])
    .where('id', '=', id)
    .executeTakeFirst()
}

/** The history of an open player, oldest first; undefined when there is no such player. */
export async function readHistory(
  db: Kysely<WalletDatabase>,
  uid: AccountId,
): Promise<readonly RecordedTransfer[] | undefined> {
  const rows = await db
    .selectFrom('transfer')
    .innerJoin('player', (join) => join.on('player.uid', '=', uid).on('player.closed_at', 'is', null))
    .select([
      'transfer.id',
      'transfer.kind',
      'transfer.state',
      'transfer.uid',
      'transfer.requested',
      'transfer.tux_after',
      'transfer.fiat_after',
      'transfer.created_at',
      'transfer.seller_uid',
      'transfer.auction_id',
    ])
    .where((where) => where.or([where('transfer.uid', '=', uid), where('transfer.seller_uid', '=', uid)]))
    .orderBy('transfer.sequence')
    .execute()
  // Every player has at least the transfer that opened the account.
  return rows.length === 0 ? undefined : rows.flatMap(toRecorded)
}

type HistoryRow = Pick<
  Selectable<WalletDatabase['transfer']>,
  | 'id'
  | 'kind'
  | 'state'
  | 'uid'
  | 'requested'
  | 'tux_after'
  | 'fiat_after'
  | 'created_at'
  | 'seller_uid'
  | 'auction_id'
>

function toRecorded(row: HistoryRow): RecordedTransfer[] {
  const { id, kind, uid, seller_uid: seller, auction_id: auctionId, created_at: at } = row
  const requested = tux(BigInt(row.requested ?? 0))
  if (uid !== null && seller !== null && auctionId !== null)
    return [{ id, kind: 'sale', auctionId, buyer: uid, seller, amount: requested, at }]
  if (kind !== 'purchase' && kind !== 'roll') return []
  const after = { tux: tux(row.tux_after ?? 0n), fiat: fiat(row.fiat_after ?? 0n) }
  return [{ id, kind, filled: row.state === 'booked', requested, after, at }]
}

import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
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
 * taken: then nothing is written. The player's balances must be locked.
 */
export async function recordTransfer(
  tx: Transaction<WalletDatabase>,
  request: TransferRequest,
  { state, entries, after }: Decision,
  now: Date,
): Promise<boolean> {
  const { id, kind, uid, requested = null } = request
  // One statement for both tables: a purchase waits for the database three times, not four.
  const { rows } = await sql`
    with recorded as (
      insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at)
      values (${id}, ${kind}, ${state}, ${hashOf(request)}, ${uid}, ${requested}, ${after.tux}, ${after.fiat}, ${now})
      on conflict (id) do nothing
      returning id
    ), entries as (${insertEntries(uid, entries)})
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
    ), entries as (${insertEntries(uid, entries)})
    select uid from born`.execute(db)
  return rows.length > 0
}

/** The entries of the transfer that the statement has `recorded`. */
function insertEntries(uid: AccountId, entries: Decision['entries']): RawBuilder<unknown> {
  const uids = entries.map(({ account }) => (account === 'player' ? uid : null))
  const houses = entries.map(({ account }) => (account === 'player' ? null : account))
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

/** The transfers of an open player, oldest first; none at all when there is no such player. */
export async function readTransfers(db: Kysely<WalletDatabase>, uid: AccountId): Promise<readonly RecordedTransfer[]> {
  const rows = await db
    .selectFrom('player')
    // Every player has at least the transfer that opened the account.
    .innerJoin('transfer', 'transfer.uid', 'player.uid')
    .select([
      'transfer.id',
      'transfer.kind',
      'transfer.state',
      'transfer.requested',
      'transfer.tux_after',
      'transfer.fiat_after',
      'transfer.created_at',
    ])
    .where('player.uid', '=', uid)
    .where('player.closed_at', 'is', null)
    .orderBy('transfer.sequence')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    filled: row.state === 'booked',
    requested: tux(BigInt(row.requested ?? 0)),
    after: { tux: tux(row.tux_after ?? 0n), fiat: fiat(row.fiat_after ?? 0n) },
    at: row.created_at,
  }))
}

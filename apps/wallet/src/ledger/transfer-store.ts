import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { type Balances, fiat, tux } from './money.ts'
import type { WalletDatabase } from './tables.ts'
import {
  type Decision,
  hashOf,
  hashOfVoid,
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
  /** What the player had afterwards; undefined for a charge that was made void. */
  readonly after: Balances | undefined
  readonly at: Date
}

/**
 * Writes down what became of a request, with its entries; the balances follow by a trigger. False when the id is
 * taken: then nothing is written. The balances of the player must be locked.
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
      on conflict do nothing
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
function insertEntries(player: AccountId, entries: Decision['entries']): RawBuilder<unknown> {
  const uids = entries.map(({ account }) => (account === 'player' ? player : null))
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
  const row = await db
    .selectFrom('transfer')
    .select(['kind', 'state', 'request_hash', 'tux_after', 'fiat_after', 'created_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const { kind, state, request_hash: requestHash, tux_after, fiat_after, created_at: at } = row
  const after = tux_after !== null && fiat_after !== null ? { tux: tux(tux_after), fiat: fiat(fiat_after) } : undefined
  return { kind, state, requestHash, after, at }
}

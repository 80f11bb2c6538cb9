import { newId } from '@sallyport/kernel'
import { sql, type Transaction } from 'kysely'
import type { WalletDatabase } from '../ledger/tables.ts'
import { AlreadySold } from './rejections.ts'
import type { SettlementDecision } from './settlements.ts'

/**
 * Ends holds and writes down what they pay, in one statement, since the database takes neither without the other. All
 * players concerned must be locked.
 *
 * @throws {AlreadySold}
 */
export async function recordSettlements(
  tx: Transaction<WalletDatabase>,
  { endings, payments }: Pick<SettlementDecision, 'endings' | 'payments'>,
  now: Date,
): Promise<void> {
  const statement = sql`
    with ended as (
      update hold set state = given.state, capture_hash = given.capture_hash, ended_at = ${now}
      from unnest(
        ${endings.map(({ hold }) => hold)}::uuid[], ${endings.map(({ state }) => state)}::text[],
        ${endings.map(({ captureHash }) => captureHash ?? null)}::bytea[]
      ) as given (id, state, capture_hash)
      where hold.id = given.id
      returning hold.id
    ), recorded as (
      insert into transfer (
        id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at, hold_id, seller_uid, auction_id
      )
      select given.id, 'sale', 'booked', given.hash, given.buyer, given.amount, given.tux_after, given.fiat_after,
        ${now}::timestamptz, given.hold, given.seller, given.auction
      from unnest(
        ${payments.map(() => newId())}::uuid[], ${payments.map(({ hash }) => hash)}::bytea[],
        ${payments.map(({ buyer }) => buyer)}::uuid[], ${payments.map(({ amount }) => amount)}::int8[],
        ${payments.map(({ after }) => after.tux)}::int8[], ${payments.map(({ after }) => after.fiat)}::int8[],
        ${payments.map(({ hold }) => hold)}::uuid[], ${payments.map(({ seller }) => seller)}::uuid[],
        ${payments.map(({ auctionId }) => auctionId)}::uuid[]
      ) with ordinality as given (id, hash, buyer, amount, tux_after, fiat_after, hold, seller, auction, line)
      -- Waits for all holds to be ended: what is held cannot be paid.
      join ended on ended.id = given.hold
      -- The sequence numbers tell in which order it was.
      order by given.line
      returning id, uid, seller_uid, requested
    )
    insert into entry (transfer_id, line, currency, uid, amount)
    select recorded.id, side.line, 'tux', side.uid, side.amount
    from recorded
    cross join lateral (
      values (1, recorded.uid, -recorded.requested), (2, recorded.seller_uid, recorded.requested)
    ) as side (line, uid, amount)
    where recorded.requested <> 0`
  try {
    await statement.execute(tx)
  } catch (error) {
    if (isTakenAuction(error)) throw new AlreadySold()
    throw error
  }
}

function isTakenAuction(error: unknown): boolean {
  return (
    error instanceof Error &&
    Reflect.get(error, 'code') === '23505' &&
    Reflect.get(error, 'constraint') === 'transfer_auction_id_key'
  )
}

import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import { leaseEnd, toAuction } from '../auctions/auction-store.ts'
import type { Auction, AuctionId, AuctionOutcome } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import type { DatabaseClock } from '../database-clock.ts'

type Database = Kysely<AuctionDatabase>
type Row = Selectable<AuctionDatabase['auction']>

/** Begins to close auctions whose end has come, at most so many; those that are busy are left for the next time. */
export async function claimEnded(db: Database, clock: DatabaseClock, limit: number): Promise<Auction[]> {
  const { rows } = await sql<Row>`
    update auction set state = 'closing', retry_at = ${leaseEnd()}, attempts = 0
    where id in (
      -- The clock in a query of its own, or the index is of no use.
      select id from auction where state = 'open' and end_time <= (select ${clock()}) and batch_id is null
      order by end_time limit ${limit} for update skip locked
    )
    returning *`.execute(db)
  return rows.map(toAuction)
}

/** Begins to close a locked auction, whenever its end would be. */
export async function markClosing(tx: Transaction<AuctionDatabase>, id: AuctionId): Promise<void> {
  await tx
    .updateTable('auction')
    .set({ state: 'closing', retry_at: leaseEnd(), attempts: 0 })
    .where('id', '=', id)
    .execute()
}

/** Ends auctions whose effects are all there. One that was ended before stays as it is. */
export async function markClosed(
  db: Database,
  closed: readonly { readonly id: AuctionId; readonly outcome: AuctionOutcome }[],
): Promise<void> {
  await sql`
    update auction set state = 'closed', outcome = ended.outcome, retry_at = null
    from unnest(${closed.map(({ id }) => id)}::uuid[], ${closed.map(({ outcome }) => outcome)}::text[])
      as ended (id, outcome)
    where auction.id = ended.id and state = 'closing'`.execute(db)
}

/** How long until the next end of an auction, in seconds; less than 0 when one is overdue, undefined when none is open. */
export async function readNextEnd(db: Database, clock: DatabaseClock): Promise<number | undefined> {
  const { rows } = await sql<{ left: number | null }>`
    select min(end_time) - ${clock()} as left from auction where state = 'open'`.execute(db)
  return rows[0]?.left ?? undefined
}

/** An auction that something was begun for and not ended. */
export interface StalledAuction extends Auction {
  readonly attempts: number
}

/** Takes up what nobody has ended in time, or all there is; tried again ever more rarely. */
export async function takeStalled(db: Database, { all }: { readonly all: boolean }): Promise<StalledAuction[]> {
  const { rows } = await sql<Row>`
    update auction set attempts = attempts + 1,
      retry_at = now() + least(30, power(2, least(attempts, 10))) * interval '1 second'
    where id in (
      select id from auction where retry_at is not null and (${all} or retry_at <= now())
      order by retry_at limit 500 for update skip locked
    )
    returning *`.execute(db)
  return rows.map((row) => ({ ...toAuction(row), attempts: row.attempts }))
}

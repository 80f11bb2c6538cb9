import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { GachaName } from '../catalogue/gacha.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import type { AuctionId, EscrowState, EscrowStatus, Settlement, Taking } from './escrow.ts'

type Database = Kysely<GachaDatabase>

/*
 * Everybody locks in this order: gachas, collections, escrows, copies, and several of a kind by their ids. Removing a
 * gacha locks it before its copies and escrows, closing a collection locks it before its copies: whoever does it the
 * other way round would wait for one who waits for him.
 */

/** Takes one copy out of a collection and keeps it; false, and nothing done, when there is none or the id is taken. */
export async function takeCopy(db: Database, { auctionId, uid, name }: Taking, now: Date): Promise<boolean> {
  const { rows } = await sql`
    with chosen as (
      -- A removal that comes now waits, and takes the escrow along.
      select id, name from gacha where name = ${name} for key share
    ), held as (
      -- Of two auctions of the last copy the second waits here, and then finds none.
      select copy.uid, copy.gacha_id, copy.copies, chosen.name from copy join chosen on chosen.id = copy.gacha_id
      where copy.uid = ${uid} for update of copy
    ), kept as (
      insert into escrow (auction_id, uid, gacha_name, gacha_id, state, taken_at)
      select ${auctionId}, uid, name, gacha_id, 'kept', ${now} from held
      on conflict do nothing returning uid, gacha_id
    ), last as (
      delete from copy using held join kept using (uid, gacha_id)
      where copy.uid = held.uid and copy.gacha_id = held.gacha_id and held.copies = 1
    ), fewer as (
      update copy set copies = held.copies - 1 from held join kept using (uid, gacha_id)
      where copy.uid = held.uid and copy.gacha_id = held.gacha_id and held.copies > 1
    )
    select from kept`.execute(db)
  return rows.length > 0
}

/** What was taken for an auction; null when it was over before, undefined when nothing is known of it. */
export async function findTaken(
  db: Database,
  auctionId: AuctionId,
): Promise<{ readonly uid: AccountId; readonly name: GachaName } | null | undefined> {
  const row = await db
    .selectFrom('escrow')
    .select(['uid', 'gacha_name'])
    .where('auction_id', '=', auctionId)
    .executeTakeFirst()
  if (!row) return undefined
  return row.uid === null || row.gacha_name === null ? null : { uid: row.uid, name: row.gacha_name }
}

/** One for each id, in their order. */
export async function readStatuses(db: Database, ids: readonly AuctionId[]): Promise<EscrowStatus[]> {
  const { rows } = await sql<{ status: EscrowStatus }>`
    select case when state <> 'kept' then 'ended' when gacha_id is not null then 'kept' else 'gone' end as status
    from unnest(${ids}::uuid[]) with ordinality as asked (auction_id, place)
    left join escrow using (auction_id)
    order by place`.execute(db)
  return rows.map(({ status }) => status)
}

/** Takes ids that are not known out of use, so that nothing can be taken for them any more. */
export async function insertTombstones(db: Database, ids: readonly AuctionId[], now: Date): Promise<void> {
  await sql`
    insert into escrow (auction_id, state, ended_at)
    select auction_id, 'discarded', ${now} from (select distinct unnest(${ids}::uuid[]) as auction_id) as asked
    where not exists (select from escrow where escrow.auction_id = asked.auction_id)
    order by auction_id
    on conflict do nothing`.execute(db)
}

/** Locks the gachas of these escrows and the collections their copies go to, so that neither goes meanwhile. */
export async function lockEnds(tx: Transaction<GachaDatabase>, settlements: readonly Settlement[]): Promise<void> {
  const ids = settlements.map(({ auctionId }) => auctionId)
  const receivers = settlements.flatMap(({ to }) => to ?? [])
  await sql`
    select id from gacha where id in (select gacha_id from escrow where auction_id = any(${ids}::uuid[]))
    order by id for key share`.execute(tx)
  await sql`select uid from collection where uid = any(${receivers}::uuid[]) order by uid for share`.execute(tx)
}

/** Ends the escrows that are still kept. Their ends must be locked. The first of several settlements of one counts. */
export async function endEscrows(
  tx: Transaction<GachaDatabase>,
  settlements: readonly Settlement[],
  now: Date,
): Promise<void> {
  const ids = settlements.map(({ auctionId }) => auctionId)
  const receivers = settlements.map(({ to }) => to ?? null)
  await sql`
    with asked as (
      select distinct on (auction_id) auction_id, receiver
      from unnest(${ids}::uuid[], ${receivers}::uuid[]) with ordinality as settlement (auction_id, receiver, place)
      order by auction_id, place
    ), kept as (
      -- Of two settlements of one escrow the second waits here, and then finds it no longer kept.
      select escrow.auction_id, escrow.gacha_id, asked.receiver from escrow join asked using (auction_id)
      where escrow.state = 'kept' order by escrow.auction_id for update of escrow
    ), settled as (
      select kept.auction_id, kept.gacha_id, collection.uid as given_to
      from kept left join collection
        on collection.uid = kept.receiver and collection.closed_at is null and kept.gacha_id is not null
    ), given as (
      -- One row can be met only once by an insert, so several copies of a gacha for one player are added up.
      insert into copy (uid, gacha_id, copies)
      select given_to, gacha_id, count(*) from settled where given_to is not null
      group by given_to, gacha_id order by given_to, gacha_id
      on conflict (uid, gacha_id) do update set copies = copy.copies + excluded.copies
    )
    update escrow set
      state = case when settled.given_to is null then 'discarded' else 'given' end,
      given_to = settled.given_to, gacha_id = null, ended_at = ${now}
    from settled where escrow.auction_id = settled.auction_id`.execute(tx)
}

/** One for each id, in their order; all must be known. */
export async function readStates(tx: Transaction<GachaDatabase>, ids: readonly AuctionId[]): Promise<EscrowState[]> {
  const { rows } = await sql<{ state: EscrowState }>`
    select state from unnest(${ids}::uuid[]) with ordinality as asked (auction_id, place) join escrow using (auction_id)
    order by place`.execute(tx)
  return rows.map(({ state }) => state)
}

import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import { leaseEnd } from '../auctions/auction-store.ts'
import type { AuctionId } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import type { DatabaseClock } from '../database-clock.ts'
import type { BatchId, Bid, BidId, DecidedOutcome, Offer } from './bid.ts'

type Database = Kysely<AuctionDatabase>

/** Offers that only the wallet still has to decide, and what stands on their auctions before. */
export interface OfferBatch {
  readonly id: BatchId
  /** In order of arrival. Each is a bid, should it be accepted. */
  readonly offers: readonly (Bid & { readonly keyed: boolean })[]
  readonly standing: readonly { readonly auctionId: AuctionId; readonly bidId: BidId; readonly amount: number }[]
}

/** What was answered to an offer with a key; undefined while it is being decided. */
export interface EarlierAnswer {
  readonly requestHash: Buffer
  readonly outcome: DecidedOutcome | undefined
}

/** The present, and which of these are players. The auctions must be locked. */
export async function readGround(
  tx: Transaction<AuctionDatabase>,
  players: readonly AccountId[],
  clock: DatabaseClock,
): Promise<{ readonly now: number; readonly known: ReadonlySet<AccountId> }> {
  const { rows } = await sql<{ now: number; known: AccountId[] }>`
    with known as (
      -- An erasure that comes now waits until it can see what is put to the wallet.
      select uid from player where uid = any(${players}::uuid[]) and closed_at is null order by uid for key share
    )
    select ${clock()} as now, array(select uid::text from known) as known`.execute(tx)
  const [ground] = rows
  if (!ground) throw new TypeError('a select without a table gave no row')
  return { now: ground.now, known: new Set(ground.known) }
}

/** Writes down what the wallet is going to be asked, and keeps everybody else off the auctions. They must be locked. */
export async function insertBatch(tx: Transaction<AuctionDatabase>, batch: OfferBatch): Promise<void> {
  const auctions = [...new Set(batch.offers.map(({ auctionId }) => auctionId))]
  await sql`
    with batch as (
      insert into offer_batch (id, offers, standing, retry_at)
      values (${batch.id}, ${JSON.stringify(batch.offers)}, ${JSON.stringify(batch.standing)}, ${leaseEnd()})
    )
    update auction set batch_id = ${batch.id} where id = any(${auctions}::uuid[])`.execute(tx)
}

/** Writes down what became of a batch and lets go of its auctions, all in one statement; nothing if it was done already. */
export async function finishBatch(
  db: Database,
  { id, offers }: OfferBatch,
  outcomes: readonly DecidedOutcome[],
): Promise<void> {
  const auctions = [...new Set(offers.map(({ auctionId }) => auctionId))]
  const accepted = offers.filter((_, index) => outcomes[index] === 'accepted')
  const keyed = offers.flatMap((offer, index) => (offer.keyed ? [{ id: offer.id, outcome: outcomes[index] }] : []))
  await sql`
    with done as (
      delete from offer_batch where id = ${id} returning id
    ), accepted as (
      select * from unnest(
        ${accepted.map((bid) => bid.id)}::uuid[], ${accepted.map((bid) => bid.auctionId)}::uuid[],
        ${accepted.map((bid) => bid.player)}::uuid[], ${accepted.map((bid) => bid.amount)}::int8[],
        ${accepted.map((bid) => bid.placedAt)}::float8[]
      ) with ordinality as bid (id, auction_id, player, amount, placed_at, place)
    ), inserted as (
      insert into bid (id, auction_id, player, amount, placed_at)
      select accepted.id, auction_id, player, amount, placed_at from accepted, done order by place
    ), highest as (
      select distinct on (auction_id) * from accepted order by auction_id, place desc
    ), answered as (
      update keyed_bid set outcome = answer.outcome
      from done, unnest(${keyed.map((answer) => answer.id)}::uuid[], ${keyed.map((answer) => answer.outcome)}::text[])
        as answer (id, outcome)
      where keyed_bid.id = answer.id
    )
    update auction set
      batch_id = null,
      leader = coalesce(highest.player, auction.leader),
      leading_bid = coalesce(highest.id, auction.leading_bid),
      highest_bid = coalesce(highest.amount, auction.highest_bid)
    from done, auction as occupied left join highest on highest.auction_id = occupied.id
    where occupied.id = any(${auctions}::uuid[]) and occupied.batch_id = done.id and auction.id = occupied.id`.execute(
    db,
  )
}

/** Takes up batches whom nobody has finished in time, or all there are; tried again ever more rarely. */
export async function takeStalledBatches(db: Database, { all }: { all: boolean }): Promise<OfferBatch[]> {
  const { rows } = await sql<OfferBatch & { attempts: number }>`
    update offer_batch set attempts = attempts + 1,
      retry_at = now() + least(30, power(2, least(attempts, 10))) * interval '1 second'
    where id in (
      select id from offer_batch where ${all} or retry_at <= now() order by retry_at limit 100 for update skip locked
    )
    returning id, offers, standing, attempts`.execute(db)
  return rows
}

/**
 * Keeps the keys of offers for them. Those that come back are of offers that came before, under way or answered.
 */
export async function claimKeys(
  tx: Transaction<AuctionDatabase>,
  offers: readonly { readonly id: BidId; readonly requestHash: Buffer }[],
): Promise<ReadonlyMap<BidId, EarlierAnswer>> {
  const ids = offers.map(({ id }) => id)
  const claimed = await tx
    .insertInto('keyed_bid')
    .values(offers.map(({ id, requestHash }) => ({ id, request_hash: requestHash, outcome: null })))
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .execute()
  const own = new Set(claimed.map(({ id }) => id))
  if (own.size === ids.length) return new Map()
  return readAnswers(
    tx,
    ids.filter((id) => !own.has(id)),
  )
}

/** What was answered to offers with a key. */
export async function readAnswers(db: Database, ids: readonly BidId[]): Promise<ReadonlyMap<BidId, EarlierAnswer>> {
  const rows = await db
    .selectFrom('keyed_bid')
    .select(['id', 'request_hash', 'outcome'])
    .where('id', '=', sql<BidId>`any(${ids}::uuid[])`)
    .execute()
  return new Map(rows.map((row) => [row.id, { requestHash: row.request_hash, outcome: row.outcome ?? undefined }]))
}

/** Writes down what was answered without asking the wallet. */
export async function recordAnswers(
  tx: Transaction<AuctionDatabase>,
  answers: readonly { readonly id: BidId; readonly outcome: DecidedOutcome }[],
): Promise<void> {
  await sql`
    update keyed_bid set outcome = answer.outcome
    from unnest(${answers.map(({ id }) => id)}::uuid[], ${answers.map(({ outcome }) => outcome)}::text[])
      as answer (id, outcome)
    where keyed_bid.id = answer.id`.execute(tx)
}

/** Forgets the answers of more than a day ago. */
export async function forgetOldAnswers(db: Database): Promise<void> {
  await sql`
    delete from keyed_bid where id in (
      select id from keyed_bid where made_at < now() - interval '1 day' and outcome is not null limit 10000
    )`.execute(db)
}

export async function findBid(db: Database, id: BidId): Promise<Bid | undefined> {
  const row = await db.selectFrom('bid').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toBid(row)
}

/** Turns a row into a bid. */
export function toBid(row: {
  readonly id: BidId
  readonly auction_id: AuctionId
  readonly player: AccountId
  readonly amount: bigint
  readonly placed_at: number
}): Bid {
  const { id, auction_id: auctionId, player, amount, placed_at: placedAt } = row
  return { id, auctionId, player, amount: Number(amount), placedAt }
}

/** An offer as the bid that it is if it is accepted. */
export function toBidOf({ id, auctionId, player, amount, keyed }: Offer, placedAt: number) {
  return { id, auctionId, player, amount, placedAt, keyed }
}

import { type Kysely, sql } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'

/** Something that was begun and cannot be ended: it is tried again for ever, at most half a minute apart. */
export interface UnfinishedWork {
  /** Of the auction, or of the batch of offers. */
  readonly id: string
  readonly what: 'creating' | 'closing' | 'deleting' | 'offers'
  readonly attempts: number
  readonly retryAt: Date
}

/** After so many attempts in vain somebody should know of it. */
const attemptsInVain = 5
const shownLimit = 100

/** What has been tried in vain, the most often tried first, at most a hundred. */
export async function listUnfinished(db: Kysely<AuctionDatabase>): Promise<UnfinishedWork[]> {
  const { rows } = await sql<UnfinishedWork>`
    select id, state as what, attempts, retry_at as "retryAt" from auction
      where retry_at is not null and attempts >= ${attemptsInVain}
    union all
    select id, 'offers', attempts, retry_at from offer_batch where attempts >= ${attemptsInVain}
    order by attempts desc, id limit ${shownLimit}`.execute(db)
  return rows
}

/** Has something tried again now. False when nothing under this id is unfinished. */
export async function tryAgain(db: Kysely<AuctionDatabase>, id: string): Promise<boolean> {
  const { rows } = await sql`
    with auctions as (
      update auction set retry_at = now() where id::text = ${id} and retry_at is not null returning id
    ), batches as (
      update offer_batch set retry_at = now() where id::text = ${id} returning id
    )
    select id from auctions union all select id from batches`.execute(db)
  return rows.length > 0
}

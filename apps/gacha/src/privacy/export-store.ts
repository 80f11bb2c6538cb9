import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import type { EscrowState } from '../escrow/escrow.ts'
import type { GachaDatabase } from '../gacha-database.ts'

type Database = Kysely<GachaDatabase>

interface After<Place> {
  readonly after: Place | undefined
  readonly limit: number
}

export async function findMembership(db: Database, uid: AccountId) {
  return db
    .selectFrom('collection')
    .select(['opened_at as openedAt', 'closed_at as closedAt'])
    .where('uid', '=', uid)
    .executeTakeFirst()
}

/** In the order of the first copies. */
export async function listCopies(db: Database, uid: AccountId, { after = -1n, limit }: After<bigint>) {
  return db
    .selectFrom('copy')
    .innerJoin('gacha', 'gacha.id', 'copy.gacha_id')
    .select(['gacha.name', 'gacha.rarity', 'copy.copies', 'copy.sequence'])
    .where('copy.uid', '=', uid)
    .where('copy.sequence', '>', after)
    .orderBy('copy.sequence')
    .limit(limit)
    .execute()
}

/** The newest first. */
export async function listRolls(
  db: Database,
  uid: AccountId,
  { before, limit }: { readonly before: bigint | undefined; readonly limit: number },
) {
  return db
    .selectFrom('roll')
    .leftJoin('gacha', 'gacha.id', 'roll.gacha_id')
    .select(({ fn }) => [
      'roll.id',
      'roll.sequence',
      'roll.state',
      'roll.client_seed as clientSeed',
      'roll.drawn_at as rolledAt',
      'roll.settled_at as settledAt',
      fn.coalesce('roll.gacha_name', 'gacha.name').as('name'),
      fn.coalesce('roll.rarity', 'gacha.rarity').as('rarity'),
    ])
    .where('roll.uid', '=', uid)
    .$if(before !== undefined, (query) => query.where('roll.sequence', '<', before ?? 0n))
    .orderBy('roll.sequence', 'desc')
    .limit(limit)
    .execute()
}

/** A copy that somebody offered at an auction. */
interface OfferedCopy {
  readonly auctionId: string
  readonly name: string
  readonly state: EscrowState
  /** It was given back to whoever offered it. */
  readonly isReturned: boolean
  readonly takenAt: Date
  readonly endedAt: Date | null
}

/** In the order of the auctions' ids. */
export async function listOffered(db: Database, uid: AccountId, place: After<string>): Promise<readonly OfferedCopy[]> {
  const { rows } = await sql<OfferedCopy>`
    select auction_id as "auctionId", gacha_name as name, state, coalesce(given_to = uid, false) as "isReturned",
      taken_at as "takenAt", ended_at as "endedAt"
    from escrow where uid = ${uid} and ${afterAuction(place)}
    order by auction_id limit ${place.limit}`.execute(db)
  return rows
}

/** Copies that somebody got at an auction of somebody else's, in the order of the auctions' ids. */
export async function listReceived(db: Database, uid: AccountId, place: After<string>) {
  const { rows } = await sql<{ readonly auctionId: string; readonly name: string; readonly endedAt: Date }>`
    select auction_id as "auctionId", gacha_name as name, ended_at as "endedAt"
    from escrow where given_to = ${uid} and uid <> ${uid} and ${afterAuction(place)}
    order by auction_id limit ${place.limit}`.execute(db)
  return rows
}

function afterAuction({ after }: After<string>) {
  return after === undefined ? sql`true` : sql`auction_id > ${after}`
}

import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import type { WalletDatabase } from '../ledger/tables.ts'
import type { HoldState, TransferKind, TransferState } from '../ledger/transfer.ts'

type Database = Kysely<WalletDatabase>

export async function findMembership(db: Database, uid: AccountId) {
  return db
    .selectFrom('player')
    .select(['opened_at as openedAt', 'closed_at as closedAt'])
    .where('uid', '=', uid)
    .executeTakeFirst()
}

/** What there is in each currency; nothing of somebody whose accounts were never opened. */
export async function listAccounts(db: Database, uid: AccountId) {
  return db.selectFrom('account').select(['currency', 'balance', 'held']).where('uid', '=', uid).execute()
}

/** Something that moved what somebody owns, or was to move it. */
export interface ExportedTransfer {
  readonly id: string
  readonly sequence: bigint
  readonly kind: TransferKind
  readonly state: TransferState
  /** Whose transfer it is: of a sale, who paid. */
  readonly uid: string
  readonly tuxAfter: bigint | null
  readonly fiatAfter: bigint | null
  readonly auctionId: string | null
  readonly createdAt: Date
  /** What the entries of this person sum up to. */
  readonly tux: bigint
  readonly fiat: bigint
}

const kinds: readonly TransferKind[] = ['opening', 'purchase', 'roll', 'sale', 'closing']

/** The newest first, each with what it did to this person's accounts. */
export async function listTransfers(
  db: Database,
  uid: AccountId,
  { before, limit }: { readonly before: bigint | undefined; readonly limit: number },
): Promise<readonly ExportedTransfer[]> {
  const place = before === undefined ? sql`true` : sql`sequence < ${before}`
  // Each kind is the end of a range of an index, however long the history is.
  const { rows } = await sql<ExportedTransfer>`
    with history as (
      select * from (
        select own.* from unnest(${kinds}::text[]) as asked (kind)
        cross join lateral (
          select * from transfer where uid = ${uid} and transfer.kind = asked.kind and ${place}
          order by sequence desc limit ${limit}
        ) as own
        union all (
          select * from transfer where seller_uid = ${uid} and ${place} order by sequence desc limit ${limit}
        )
      ) as all_kinds
      order by sequence desc limit ${limit}
    )
    select id, sequence, kind, state, history.uid, tux_after as "tuxAfter", fiat_after as "fiatAfter",
      auction_id as "auctionId", created_at as "createdAt", moved.tux, moved.fiat
    from history cross join lateral (
      select coalesce(sum(amount) filter (where currency = 'tux'), 0)::bigint as tux,
        coalesce(sum(amount) filter (where currency = 'fiat'), 0)::bigint as fiat
      from entry where transfer_id = history.id and entry.uid = ${uid}
    ) as moved
    order by sequence desc`.execute(db)
  return rows
}

export interface ExportedHold {
  readonly id: string
  readonly amount: bigint
  readonly state: HoldState
  readonly placedAt: Date
  readonly endedAt: Date | null
}

/** In the order of their ids. */
export async function listHolds(
  db: Database,
  uid: AccountId,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly ExportedHold[]> {
  const { rows } = await sql<ExportedHold>`
    select id, amount, state, placed_at as "placedAt", ended_at as "endedAt" from hold
    where uid = ${uid} and ${after === undefined ? sql`true` : sql`id > ${after}`}
    order by id limit ${limit}`.execute(db)
  return rows
}

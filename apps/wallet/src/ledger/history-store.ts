import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type Selectable, sql } from 'kysely'
import { fiat, tux } from './money.ts'
import type { WalletDatabase } from './tables.ts'
import type { RecordedTransfer } from './transfer.ts'

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

/** Which part of a history is asked for, newest first. */
export interface PageRequest {
  readonly kind: RecordedTransfer['kind'] | undefined
  readonly limit: number
  /** The place that the page before ended at. */
  readonly before: bigint | undefined
}

export interface HistoryPage {
  readonly transfers: readonly RecordedTransfer[]
  /** The place that the next page begins after, if there is more. */
  readonly next: bigint | undefined
}

/** A page of a player's history, newest first. */
export async function readHistoryPage(
  db: Kysely<WalletDatabase>,
  uid: AccountId,
  { kind, limit, before = endOfHistory }: PageRequest,
): Promise<HistoryPage> {
  const kinds = kind === undefined ? recordedKinds : [kind]
  // One more than is asked for tells whether there is a next page.
  const count = limit + 1
  const columns = sql`
    id, transfer.kind, state, uid, requested, tux_after, fiat_after, created_at, seller_uid, auction_id, sequence`
  // Each kind is the end of a range of an index, however long the history is.
  const { rows } = await sql<HistoryRow & { readonly sequence: bigint }>`
    select * from (
      select own.* from unnest(${kinds}::text[]) as asked (kind)
      cross join lateral (
        select ${columns} from transfer
        where uid = ${uid} and transfer.kind = asked.kind and sequence < ${before}
        order by sequence desc limit ${count}
      ) as own
      union all (
        select ${columns} from transfer
        where seller_uid = ${uid} and ${kinds.includes('sale')} and sequence < ${before}
        order by sequence desc limit ${count}
      )
    ) as history
    order by sequence desc limit ${count}`.execute(db)
  const page = rows.slice(0, limit)
  return { transfers: page.flatMap(toRecorded), next: rows.length > limit ? page.at(-1)?.sequence : undefined }
}

const recordedKinds: readonly RecordedTransfer['kind'][] = ['purchase', 'roll', 'sale']
/** The largest that a sequence number can be. */
const endOfHistory = 2n ** 63n - 1n

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

import type { AccountId } from '@sallyport/kernel'
import type { PageRequest } from '@sallyport/service'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Actor, AuditDetails } from './audit.ts'

/** An event as it was recorded, with the names that its accounts have now, as long as they have any. */
export interface RecordedEvent {
  readonly id: bigint
  readonly at: Date
  readonly kind: string
  readonly actor: {
    readonly kind: Actor['kind']
    readonly uid: AccountId | undefined
    readonly username: string | undefined
  }
  readonly address: string | undefined
  readonly subject: { readonly uid: AccountId; readonly username: string | undefined } | undefined
  readonly details: AuditDetails
}

/** What events have to be like; what is left out does not matter. */
export interface EventFilter {
  readonly kind?: string | undefined
  /** Who did it. */
  readonly actor?: AccountId | undefined
  /** Whom it happened to. */
  readonly subject?: AccountId | undefined
  /** Where it was done from. */
  readonly address?: string | undefined
  /** From this moment on. */
  readonly from?: Date | undefined
  /** Before this moment. */
  readonly to?: Date | undefined
}

/** A page of the trail, the newest first, after the event that the page before ended with. */
export async function listEvents(
  db: Kysely<IdentityDatabase>,
  filter: EventFilter,
  place: PageRequest,
): Promise<{ readonly events: RecordedEvent[]; readonly next: bigint | undefined }> {
  const { limit } = place
  // One more than is asked for tells whether there is a next page.
  const { rows } = await selectEvents(filter, { ...place, limit: limit + 1 }).execute(db)
  const events = rows.slice(0, limit).map(toEvent)
  return { events, next: rows.length > limit ? events.at(-1)?.id : undefined }
}

/** The query behind it, which finds its rows at the end of an index whatever the filter is. */
export function selectEvents(filter: EventFilter, { after, limit }: PageRequest): RawBuilder<EventRow> {
  const conditions = [
    ...conditionsOf(filter),
    // Events stay, so the last of a page can be looked up.
    ...(after === undefined ? [] : [sql`(at, id) < (select at, id from audit_event where id = ${after})`]),
  ]
  return withNames(sql`select * from audit_event ${whereAll(conditions)} order by at desc, id desc limit ${limit}`)
}

/** The newest events that somebody did or that happened to them, whatever else they have to be like; the newest first. */
export async function listEventsAbout(
  db: Kysely<IdentityDatabase>,
  uid: AccountId,
  filter: EventFilter,
  limit: number,
): Promise<RecordedEvent[]> {
  const half = (about: EventFilter): RawBuilder<unknown> => sql`(
    select * from audit_event ${whereAll(conditionsOf({ ...filter, ...about }))} order by at desc, id desc limit ${limit})`
  const { rows } = await withNames(sql`
    select * from (${half({ actor: uid })} union ${half({ subject: uid })}) as about
    order by at desc, id desc limit ${limit}`).execute(db)
  return rows.map(toEvent)
}

/** The events that have links after a place in the chain, in its order. */
export async function listSealedEvents(
  db: Kysely<IdentityDatabase>,
  after: bigint,
  limit: number,
): Promise<(RecordedEvent & { readonly sequence: bigint })[]> {
  const { rows } = await sql<EventRow & { sequence: bigint }>`
    select ${columns}, link.sequence from audit_link as link
    join audit_event as event on event.id = link.event_id ${names}
    where link.sequence > ${after} order by link.sequence limit ${limit}`.execute(db)
  return rows.map((row) => ({ ...toEvent(row), sequence: row.sequence }))
}

function conditionsOf({ kind, actor, subject, address, from, to }: EventFilter): RawBuilder<unknown>[] {
  return [
    ...(kind === undefined ? [] : [sql`kind = ${kind}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    ...(subject === undefined ? [] : [sql`subject = ${subject}`]),
    ...(address === undefined ? [] : [sql`address = ${address}`]),
    ...(from === undefined ? [] : [sql`at >= ${from}`]),
    ...(to === undefined ? [] : [sql`at < ${to}`]),
  ]
}

function whereAll(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`
}

export interface EventRow {
  readonly id: bigint
  readonly at: Date
  readonly kind: string
  readonly actor_kind: Actor['kind']
  readonly actor: AccountId | null
  readonly actor_name: string | null
  readonly address: string | null
  readonly subject: AccountId | null
  readonly subject_name: string | null
  readonly details: AuditDetails
}

const columns = sql`event.*, actor_account.username as actor_name, subject_account.username as subject_name`
const names = sql`
  left join account as actor_account on actor_account.uid = event.actor
  left join account as subject_account on subject_account.uid = event.subject`

/** The names are looked up for the events of the page alone. */
function withNames(page: RawBuilder<unknown>): RawBuilder<EventRow> {
  return sql<EventRow>`select ${columns} from (${page}) as event ${names} order by event.at desc, event.id desc`
}

function toEvent(row: EventRow): RecordedEvent {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    actor: { kind: row.actor_kind, uid: row.actor ?? undefined, username: row.actor_name ?? undefined },
    address: row.address ?? undefined,
    subject: row.subject === null ? undefined : { uid: row.subject, username: row.subject_name ?? undefined },
    details: row.details,
  }
}

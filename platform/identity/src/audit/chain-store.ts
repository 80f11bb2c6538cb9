import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import { type ChainedEvent, type Head, noHead, type SealableEvent } from './chain.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** An event that waits for its link. */
export interface PendingEvent {
  readonly eventId: bigint
  readonly event: SealableEvent
}

/** A link, with its event as it is now; without one when it is gone. */
export interface Link extends Head {
  readonly eventId: bigint
  readonly event: SealableEvent | undefined
  /** Where what is personal in it was erased. */
  readonly certificate: Buffer | undefined
}

const sealingLock = 7_265_768

/** Whether this transaction alone may add to the chain until it ends. */
export async function claimChain(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${sealingLock}) as mine`.execute(tx)
  return rows[0]?.mine === true
}

/** The same, but waits for whoever has it now. */
export async function takeChain(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${sealingLock})`.execute(tx)
}

/** Whether any event waits for its link. */
export async function isAnyPending(db: Database): Promise<boolean> {
  return (await db.selectFrom('audit_pending').select('event_id').limit(1).executeTakeFirst()) !== undefined
}

/** Since when the event has been waiting that waits longest; undefined when none does. */
export async function oldestPending(db: Database): Promise<Date | undefined> {
  const row = await db
    .selectFrom('audit_pending')
    .innerJoin('audit_event', 'audit_event.id', 'audit_pending.event_id')
    .select('audit_event.at')
    .orderBy('audit_pending.event_id')
    .limit(1)
    .executeTakeFirst()
  return row?.at
}

/** What waits for a link and is committed, the oldest first. */
export async function listPending(db: Database, limit: number): Promise<PendingEvent[]> {
  const { rows } = await sql<EventRow>`
    select ${eventColumns} from audit_pending as pending join audit_event as event on event.id = pending.event_id
    order by pending.event_id limit ${limit}`.execute(db)
  return rows.map((row) => ({ eventId: BigInt(row.id), event: toEvent(row) }))
}

export async function lastLink(db: Database): Promise<Head | undefined> {
  return db.selectFrom('audit_link').select(['sequence', 'mac']).orderBy('sequence', 'desc').limit(1).executeTakeFirst()
}

export async function findLink(db: Database, sequence: bigint): Promise<Head | undefined> {
  return db.selectFrom('audit_link').select(['sequence', 'mac']).where('sequence', '=', sequence).executeTakeFirst()
}

/** The links after a place in the chain, in their order. */
export async function listLinks(db: Database, after: bigint, limit: number): Promise<Link[]> {
  const { rows } = await sql<
    Partial<EventRow> & { sequence: bigint; event_id: bigint; mac: Buffer; certificate: Buffer | null }
  >`
    select link.sequence, link.event_id, link.mac, event.erased_mac as certificate, ${eventColumns}
    from audit_link as link left join audit_event as event on event.id = link.event_id
    where link.sequence > ${after} order by link.sequence limit ${limit}`.execute(db)
  return rows.map(({ sequence, event_id: eventId, mac, certificate, ...event }) => ({
    sequence,
    eventId,
    mac,
    certificate: certificate ?? undefined,
    event: isThere(event) ? toEvent(event) : undefined,
  }))
}

/** Adds links for events, which wait no longer. */
export async function insertLinks(tx: Tx, links: readonly (Head & { readonly eventId: bigint })[]): Promise<void> {
  const eventIds = links.map(({ eventId }) => eventId)
  await sql`
    with sealed as (delete from audit_pending where event_id = any(${eventIds}::bigint[]))
    insert into audit_link (sequence, event_id, mac)
    select * from unnest(
      ${links.map(({ sequence }) => sequence)}::bigint[], ${eventIds}::bigint[], ${links.map(({ mac }) => mac)}::bytea[]
    )`.execute(tx)
}

/** Which events something personal is to be erased of: a condition on `event`. */
export type EventCondition = RawBuilder<unknown>

/** An event with something personal in it, and the details that are left without. */
export interface PersonalEvent extends ChainedEvent {
  readonly eventId: bigint
  readonly keptDetails: string
}

/** What the owners of API keys call them is all that is personal among the details. */
const keptDetails = sql`case event.kind when 'api-key.created' then event.details - 'name' else event.details end`

/** Events in the chain that meet a condition and have something personal in them, at most `limit`. */
export async function listPersonal(tx: Tx, condition: EventCondition, limit: number): Promise<PersonalEvent[]> {
  const { rows } = await sql<
    EventRow & {
      sequence: bigint
      mac: Buffer
      before: Buffer | null
      certificate: Buffer | null
      kept_details: string
    }
  >`
    select link.sequence, link.mac, earlier.mac as before, event.erased_mac as certificate,
      (${keptDetails})::text as kept_details, ${eventColumns}
    from audit_event as event join audit_link as link on link.event_id = event.id
    left join audit_link as earlier on earlier.sequence = link.sequence - 1
    where (${condition}) and (event.address is not null or event.details <> ${keptDetails})
    limit ${limit}`.execute(tx)
  return rows.map(({ sequence, mac, before, certificate, kept_details: keptDetails, ...row }) => ({
    eventId: BigInt(row.id),
    sequence,
    mac,
    before: before ?? noHead.mac,
    certificate: certificate ?? undefined,
    event: toEvent(row),
    keptDetails,
  }))
}

/** Leaves of events what is not personal, with what certifies that. */
export async function keepOnlyCertified(
  tx: Tx,
  certified: readonly { readonly eventId: bigint; readonly certificate: Buffer }[],
): Promise<void> {
  await sql`
    update audit_event as event
    set address = null, salt = null, details = ${keptDetails}, erased_mac = certified.mac
    from unnest(
      ${certified.map(({ eventId }) => eventId)}::bigint[], ${certified.map(({ certificate }) => certificate)}::bytea[]
    ) as certified (id, mac)
    where event.id = certified.id`.execute(tx)
}

/** What is not as the sealer leaves it: an event that is neither linked nor waiting, or one that waits and is gone. */
export async function findLeftOut(
  db: Database,
): Promise<{ readonly count: bigint; readonly first: bigint | undefined }> {
  // One statement, because it sees one moment: the sealer moves events from one table to the other.
  const { rows } = await sql<{ count: bigint; first: bigint | null }>`
    select count(*) as count, min(id) as first from (
      select id from audit_event
      where not exists (select from audit_link where event_id = id)
        and not exists (select from audit_pending where event_id = id)
      union all
      select event_id from audit_pending where not exists (select from audit_event where id = event_id)
    ) as left_out`.execute(db)
  return { count: rows[0]?.count ?? 0n, first: rows[0]?.first ?? undefined }
}

export async function countPending(db: Database): Promise<bigint> {
  const { count } = await db
    .selectFrom('audit_pending')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

interface EventRow {
  readonly id: string
  readonly at: string
  readonly kind: string
  readonly actor_kind: string
  readonly actor: string | null
  readonly address: string | null
  readonly subject: string | null
  readonly details: string
  readonly salt: string | null
}

/** As text, by PostgreSQL itself: a `Date` would lose the microseconds, a parsed `jsonb` the way its numbers are written. */
const eventColumns = sql`
  event.id::text as id, trunc(extract(epoch from event.at) * 1000000)::text as at, event.kind, event.actor_kind,
  event.actor::text as actor, event.address, event.subject::text as subject, event.details::text as details,
  encode(event.salt, 'hex') as salt`

function isThere(row: Partial<EventRow>): row is EventRow {
  return typeof row.id === 'string'
}

function toEvent(row: EventRow): SealableEvent {
  const { id, at, kind, actor_kind: actorKind, actor, address, subject, details, salt } = row
  return { id, at, kind, actorKind, actor, address, subject, details, salt }
}

import type { AccountId } from '@sallyport/kernel'
import type { SectionPlace } from '@sallyport/service'
import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Actor, AuditDetails } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'

type Database = Kysely<IdentityDatabase>

export type ExportedSession = Omit<
  Selectable<IdentityDatabase['session']>,
  'uid' | 'browser_session' | 'authenticated_at'
>

/** The sessions of an account that have not been swept away yet, by their ids; one more than the limit. */
export async function listSessionsOf(
  db: Database,
  uid: AccountId,
  { after, limit }: SectionPlace,
): Promise<readonly ExportedSession[]> {
  return db
    .selectFrom('session')
    .select(['sid', 'created_at', 'expires_at', 'last_used_at', 'opened_on', 'client', 'user_agent', 'address'])
    .where('uid', '=', uid)
    .$if(after !== undefined, (query) => query.where(sql<boolean>`sid > ${after}::uuid`))
    .orderBy('sid')
    .limit(limit + 1)
    .execute()
}

/** The links that were sent and count still; not what is in them. */
export async function listLettersTo(db: Database, uid: AccountId) {
  return db
    .selectFrom('email_link')
    .select(['purpose', 'email', 'created_at', 'expires_at'])
    .where('uid', '=', uid)
    .orderBy('created_at')
    .execute()
}

/** How many networks an account is usually used from, and until when the last of them is remembered. */
export async function countFamiliarNetworks(db: Database, uid: AccountId) {
  return db
    .selectFrom('familiar_network')
    .select(({ fn }) => [fn.countAll<bigint>().as('count'), fn.max('until').as('until')])
    .where('uid', '=', uid)
    .executeTakeFirstOrThrow()
}

/** An event as it was recorded, without anybody's name. */
export interface ExportedEvent {
  readonly id: bigint
  readonly at: Date
  readonly kind: string
  readonly actor_kind: Actor['kind']
  readonly actor: AccountId | null
  readonly subject: AccountId | null
  readonly address: string | null
  readonly details: AuditDetails
}

/** What somebody did and what happened to them, the newest first, after an event; so many at most. */
export async function listEventsOf(
  db: Database,
  uid: AccountId,
  { after, limit }: { readonly after: bigint | undefined; readonly limit: number },
): Promise<readonly ExportedEvent[]> {
  const place = after === undefined ? sql`true` : sql`(at, id) < (select at, id from audit_event where id = ${after})`
  // Each half is the end of an index, however long the trail is.
  const half = (column: 'actor' | 'subject'): RawBuilder<unknown> => sql`(
    select * from audit_event where ${sql.ref(column)} = ${uid} and ${place} order by at desc, id desc limit ${limit})`
  const { rows } = await sql<ExportedEvent>`
    select id, at, kind, actor_kind, actor, subject, address, details
    from (${half('actor')} union ${half('subject')}) as about
    order by at desc, id desc limit ${limit}`.execute(db)
  return rows
}

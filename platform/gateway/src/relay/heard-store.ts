import type { PublicJwk, Revocation } from '@sallyport/service'
import { type Kysely, sql } from 'kysely'
import type { GatewayDatabase } from '../gateway-database.ts'

/** The keys of identity that were kept last. */
export async function readHeardKeys(db: Kysely<GatewayDatabase>): Promise<readonly PublicJwk[] | undefined> {
  const row = await db.selectFrom('heard_keys').select('keys').executeTakeFirst()
  return Array.isArray(row?.keys) ? row.keys.filter(isObject) : undefined
}

export async function keepHeardKeys(db: Kysely<GatewayDatabase>, keys: readonly PublicJwk[]): Promise<void> {
  const text = JSON.stringify(keys)
  await sql`
    insert into heard_keys (keys) values (${text}::jsonb)
    on conflict (only_row) do update set keys = excluded.keys`.execute(db)
}

/** What was revoked and still concerns tokens. */
export async function readHeardRevocations(db: Kysely<GatewayDatabase>, now: Date): Promise<Revocation[]> {
  const rows = await db.selectFrom('heard_revocation').selectAll().where('until', '>=', now).execute()
  return rows.map(({ kind, id, until }, index) => ({
    sequence: index + 1,
    kind,
    id,
    until: Math.ceil(until.getTime() / 1000),
  }))
}

/** Drops what concerns no token any more. */
export async function dropEndedRevocations(db: Kysely<GatewayDatabase>, now: Date): Promise<void> {
  await sql`delete from heard_revocation where until < ${now}`.execute(db)
}

/** Keeps these, each once among them. */
export async function keepHeardRevocations(
  db: Kysely<GatewayDatabase>,
  revocations: readonly Pick<Revocation, 'kind' | 'id' | 'until'>[],
): Promise<void> {
  const columns = {
    kinds: revocations.map(({ kind }) => kind),
    ids: revocations.map(({ id }) => id),
    untils: revocations.map(({ until }) => new Date(until * 1000)),
  }
  // Always in the same order: gateways that wrote in different orders would wait for one another.
  await sql`
    insert into heard_revocation as kept (kind, id, until)
    select kind, id, until
    from unnest(${columns.kinds}::text[], ${columns.ids}::text[], ${columns.untils}::timestamptz[]) as news (kind, id, until)
    order by kind, id
    on conflict (kind, id) do update set until = excluded.until where kept.until < excluded.until`.execute(db)
}

function isObject(value: unknown): value is PublicJwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

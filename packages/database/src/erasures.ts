import { type Kysely, sql } from 'kysely'

/** How much there was, by what it is. */
export type Counts = Readonly<Record<string, number>>

/**
 * Takes note of what an erasure has removed, in the transaction that removed it, and says what it has removed in all: it
 * may come more than once, because nobody heard the answer or because something came after it.
 *
 * The table: `create table erasure (id uuid primary key, removed jsonb not null, at timestamptz not null)`.
 */
export async function countErased<Tables>(
  tx: Kysely<Tables>,
  erasureId: string,
  removed: Counts,
  now: Date,
): Promise<Counts> {
  const { rows } = await sql<{ removed: Counts }>`
    insert into erasure as known (id, removed, at) values (${erasureId}, ${JSON.stringify(removed)}::jsonb, ${now})
    on conflict (id) do update set at = excluded.at, removed = (
      select jsonb_object_agg(key, total) from (
        select key, sum(value::bigint) as total
        from (select * from jsonb_each_text(known.removed) union all select * from jsonb_each_text(excluded.removed)) as both_times
        group by key
      ) as sums
    )
    returning removed`.execute(tx)
  const [row] = rows
  if (!row) throw new TypeError('an erasure was not written down')
  return row.removed
}

/**
 * Has nothing written down of a person from now on. When this returns, whatever was being written down is there to be removed.
 *
 * The function `mark_erased` of the service's migrations, in a transaction of its own: it waits for others, and nobody should
 * wait for what the removal locks meanwhile.
 */
export async function markErased<Tables>(db: Kysely<Tables>, uid: string, now: Date): Promise<void> {
  await sql`select mark_erased(${uid}, ${now})`.execute(db)
}

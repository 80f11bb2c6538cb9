import type { PageRequest } from '@sallyport/service'
import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import type { PicturesDatabase } from '../pictures-database.ts'
import type { Day, Picture, PictureId, PictureState } from './picture.ts'

type Database = Kysely<PicturesDatabase>

/** What a picture is put into the database with; the rest is made there. */
export type NewPicture = Omit<Picture, 'place'>

/** Whoever puts in a picture of this id, or removes its files, comes after the other. */
export async function lockPicture(tx: Transaction<PicturesDatabase>, id: PictureId): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${id}, 0))`.execute(tx)
}

/** Whether somebody's uploads were erased since a moment. An erasure that comes now waits until the transaction ends. */
export async function isErased(tx: Transaction<PicturesDatabase>, uploader: AccountId, since: Date): Promise<boolean> {
  const { rows } = await sql<{ erased: boolean }>`select is_erased(${uploader}, ${since}) as erased`.execute(tx)
  return rows[0]?.erased !== false
}

/** Puts a picture in, unless there is one of this id. */
export async function insertPicture(db: Database, picture: NewPicture): Promise<void> {
  const { id, title, explanation, date, copyright, file, mediaType, width, height, bytes, digest, state } = picture
  await db
    .insertInto('picture')
    .values({
      id,
      title,
      explanation,
      date,
      file,
      width,
      height,
      bytes,
      digest,
      state,
      copyright: copyright ?? null,
      media_type: mediaType,
      uploader: picture.uploader ?? null,
      added_at: picture.addedAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/**
 * The accepted pictures at the places that shares of the pool lead to, each from 0 up to but not including 1; undefined when
 * the pool is empty. Two rows are looked up for each however large the pool is.
 */
export async function findAtShares(db: Database, shares: readonly number[]): Promise<(Picture | undefined)[]> {
  const { rows } = await sql<{ id: PictureId | null }>`
    select picture_id as id
    from unnest(${shares}::float8[]) with ordinality as share (value, ordinal)
    cross join pool_size
    left join pool_place on place = 1 + floor(share.value * size)::bigint
    order by share.ordinal`.execute(db)
  const found = await findPictures(
    db,
    rows.flatMap(({ id }) => id ?? []),
  )
  const byId = new Map(found.map((picture) => [picture?.id, picture]))
  return rows.map(({ id }) => (id === null ? undefined : byId.get(id)))
}

/** The pictures of these ids in their order, in whatever state. */
export async function findPictures(db: Database, ids: readonly PictureId[]): Promise<(Picture | undefined)[]> {
  if (ids.length === 0) return []
  const rows = await selectPictures(db)
    .where(sql<boolean>`id = any(${ids}::uuid[])`)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, toPicture(row)]))
  return ids.map((id) => byId.get(id))
}

export async function findPicture(db: Database, id: PictureId): Promise<Picture | undefined> {
  const [picture] = await findPictures(db, [id])
  return picture
}

/** Those of these that there are, in whatever state. */
export async function findKnown(db: Database, ids: readonly PictureId[]): Promise<ReadonlySet<PictureId>> {
  if (ids.length === 0) return new Set()
  const rows = await db.selectFrom('picture').select('id').where('id', 'in', ids).execute()
  return new Set(rows.map(({ id }) => id))
}

export interface Days {
  readonly from: Day | undefined
  readonly to: Day | undefined
}

/** Accepted pictures by date, newest first; one more than the limit. */
export async function listAccepted(
  db: Database,
  { from, to }: Days,
  { after, limit }: PageRequest,
): Promise<Picture[]> {
  let query = selectPictures(db).where('state', '=', 'accepted')
  if (from !== undefined) query = query.where(sql<boolean>`date >= ${from}::date`)
  if (to !== undefined) query = query.where(sql<boolean>`date <= ${to}::date`)
  if (after !== undefined) {
    query = query.where(sql<boolean>`(date, sequence) < (select date, sequence from picture where sequence = ${after})`)
  }
  const rows = await query
    .orderBy(sql`picture.date`, 'desc')
    .orderBy('sequence', 'desc')
    .limit(limit + 1)
    .execute()
  return rows.map(toPicture)
}

/** Pictures in a state, oldest first, for whoever moderates. */
export async function listByState(db: Database, state: PictureState, limit: number): Promise<Picture[]> {
  const rows = await selectPictures(db).where('state', '=', state).orderBy('sequence').limit(limit).execute()
  return rows.map(toPicture)
}

/** What somebody has uploaded, in whatever state, oldest first. */
export async function listUploadsOf(
  db: Database,
  uploader: AccountId,
  { after = -1n, limit }: PageRequest,
): Promise<Picture[]> {
  const rows = await selectPictures(db)
    .where('uploader', '=', uploader)
    .where('sequence', '>', after)
    .orderBy('sequence')
    .limit(limit)
    .execute()
  return rows.map(toPicture)
}

/** Whether there is such a picture; the pool follows by itself. */
export async function setState(db: Database, id: PictureId, state: PictureState): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('picture').set({ state }).where('id', '=', id).executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whether a seeding was done before. */
export async function isSeeded(db: Database, name: string): Promise<boolean> {
  return (await db.selectFrom('seeding').select('name').where('name', '=', name).executeTakeFirst()) !== undefined
}

/** Takes note of a seeding that is done; false when somebody else was first. */
export async function recordSeeding(db: Database, name: string, now: Date): Promise<boolean> {
  const recorded = await db
    .insertInto('seeding')
    .values({ name, seeded_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .returning('name')
    .executeTakeFirst()
  return recorded !== undefined
}

function selectPictures(db: Database) {
  return db
    .selectFrom('picture')
    .select([
      ...(['id', 'sequence', 'title', 'explanation', 'copyright', 'file', 'media_type', 'width', 'height'] as const),
      ...(['bytes', 'digest', 'state', 'uploader', 'added_at'] as const),
      sql<Day>`to_char(picture.date, 'YYYY-MM-DD')`.as('day'),
    ])
}

type Row = Awaited<ReturnType<ReturnType<typeof selectPictures>['executeTakeFirstOrThrow']>>

function toPicture(row: Row): Picture {
  const { id, title, explanation, file, width, height, bytes, digest, state } = row
  return {
    id,
    title,
    explanation,
    file,
    width,
    height,
    bytes,
    digest,
    state,
    place: row.sequence,
    date: row.day,
    copyright: row.copyright ?? undefined,
    mediaType: row.media_type,
    uploader: row.uploader ?? undefined,
    addedAt: row.added_at,
  }
}

import { openDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

let pictures: TestPictures
/** How often somebody has looked at the clock. */
let looks = 0
const clock = {
  now() {
    looks += 1
    return new Date()
  },
}
beforeEach(async () => {
  pictures = await startPictures({ clock })
})
afterEach(() => pictures.stop())

async function erase(options: { uid?: string; keep?: boolean; id?: string } = {}) {
  const { uid = pictures.uploader, keep = false, id = newId() } = options
  const answer = await pictures.ask(`/internal/pictures/erasures/${id}`, {
    method: 'PUT',
    headers: { authorization: 'Bearer identity', 'content-type': 'application/json' },
    body: JSON.stringify({ uid, keep_uploads: keep }),
  })
  const body: unknown = await answer.json()
  return { status: answer.status, body }
}
async function uploaders(): Promise<unknown[]> {
  const { rows } = await pictures.test.database.pool.query('select uploader from picture')
  return rows.map(({ uploader }) => uploader)
}

describe('the erasure of a person', () => {
  it('S-37 removes what they uploaded from the pool, the database and the disk', async () => {
    for (const _ of [1, 2]) expect((await pictures.upload({ ...caption, file: await picture() })).status).toBe(201)
    const id = newId()
    expect(await erase({ id })).toEqual({ status: 200, body: { removed: { pictures: 2 }, anonymous: {} } })
    expect([await uploaders(), await pictures.files()]).toEqual([[], []])
    expect((await pictures.ask('/pictures/api/v1/download')).status).toBe(404)
    expect(await erase({ id })).toMatchObject({ body: { removed: { pictures: 2 } } })
  })

  it('leaves uploads as nobody’s where that is wanted', async () => {
    await pictures.upload({ ...caption, file: await picture() })
    expect(await erase({ keep: true })).toEqual({ status: 200, body: { removed: {}, anonymous: { pictures: 1 } } })
    expect(await uploaders()).toEqual([null])
    expect((await pictures.ask('/pictures/api/v1/download')).status).toBe(200)
  })

  it('goes on where the one before broke off, with files gone and rows still there', async () => {
    await pictures.upload({ ...caption, file: await picture() })
    const { pool } = pictures.test.database
    await pool.query(`update picture set state = 'refused'`)
    expect(await erase()).toMatchObject({ body: { removed: { pictures: 1 } } })
    expect(await uploaders()).toEqual([])
  })

  it('S-37 waits for an upload that is being written down, takes none that has begun before it, and one that comes after', async () => {
    const owner = openDatabase({ service: 'owner', connection: pictures.test.ownerConnection })
    const gate = await owner.pool.connect()
    try {
      await gate.query(`
        create function wait_at_gate() returns trigger language plpgsql as $$
        begin
          perform pg_advisory_xact_lock_shared(1, 1);
          return new;
        end
        $$;
        create trigger wait_at_gate before insert on picture for each row execute function wait_at_gate()`)
      await gate.query('begin; select pg_advisory_xact_lock(1, 1)')
      const waiting = async (condition: string) =>
        (
          await owner.pool.query(`select from pg_locks where locktype = 'advisory' and not granted and ${condition}
          and database = (select oid from pg_database where datname = current_database())`)
        ).rowCount
      const upload = async () => (await pictures.upload({ ...caption, file: await picture() })).status
      const first = upload()
      await expect.poll(() => waiting('classid = 1'), { timeout: 20_000 }).toBe(1)
      // One is read at a time, and the second has begun when it has looked at the clock.
      const before = looks
      const second = upload()
      await expect.poll(() => looks, { timeout: 20_000 }).toBeGreaterThan(before)
      const erasing = erase()
      await expect.poll(() => waiting('classid <> 1'), { timeout: 20_000 }).toBe(1)
      await gate.query('commit')
      expect([await first, await second]).toEqual([201, 401])
      expect(await erasing).toMatchObject({ status: 200, body: { removed: { pictures: 1 } } })
      expect([await uploaders(), await pictures.files()]).toEqual([[], []])
      expect(await upload()).toBe(201)
      const { rows } = await owner.pool.query('select t::text as row from erased_person as t')
      expect(JSON.stringify(rows)).not.toContain(pictures.uploader)
    } finally {
      gate.release(true)
      await owner.close()
    }
  })

  it('touches nobody else’s', async () => {
    await pictures.upload({ ...caption, file: await picture() })
    expect(await erase({ uid: newId() })).toMatchObject({ status: 200, body: { removed: { pictures: 0 } } })
    expect(await uploaders()).toHaveLength(1)
  })
})

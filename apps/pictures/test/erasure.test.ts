import { newId } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

let pictures: TestPictures
beforeEach(async () => {
  pictures = await startPictures()
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

  it('touches nobody else’s', async () => {
    await pictures.upload({ ...caption, file: await picture() })
    expect(await erase({ uid: newId() })).toMatchObject({ status: 200, body: { removed: { pictures: 0 } } })
    expect(await uploaders()).toHaveLength(1)
  })
})

import { openDatabase } from '@sallyport/database'
import { loadedDice, systemClock } from '@sallyport/kernel'
import { afterEach, expect, it } from 'vitest'
import { createAdministration } from '../src/administration.ts'
import { filesInDirectory } from '../src/files/picture-files.ts'
import { setState } from '../src/pool/picture-store.ts'
import { createPool } from '../src/pool/pool.ts'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

let pictures: TestPictures
afterEach(() => pictures.stop())

const places = async (): Promise<number[]> => {
  const rows = await pictures.test.database.db.selectFrom('pool_place').select('place').orderBy('place').execute()
  return rows.map(({ place }) => Number(place))
}

it('S-22 gives every picture the same share of chance', async () => {
  const whole = 2 ** 32
  // The first and the last share of each third.
  const throws = [0, whole / 3 - 1, whole / 3 + 1, (2 * whole) / 3 - 1, (2 * whole) / 3 + 1, whole - 1]
  pictures = await startPictures({ dice: loadedDice(...throws) })
  for (const title of ['a', 'b', 'c']) await pictures.upload({ ...caption, title, file: await picture() })
  const drawn = []
  for (const _ of throws) {
    const { headers } = await pictures.ask('/pictures/api/v1/download')
    drawn.push(headers.get('content-disposition')?.replace(/.*filename=(.).*/, '$1'))
  }
  expect(drawn.join('')).toBe('aabbcc')
})

it('S-22 S-33 numbers the pool without a gap, also when pictures come and go at once', async () => {
  pictures = await startPictures()
  const { db } = pictures.test.database
  const file = await picture()
  const taken = await Promise.all(['a', 'b', 'c', 'd'].map((title) => pictures.upload({ ...caption, title, file })))
  expect(taken.map(({ status }) => status)).toEqual([201, 201, 201, 201])
  const ids = (await db.selectFrom('picture').select('id').orderBy('sequence').execute()).map(({ id }) => id)
  await Promise.all(ids.slice(0, 3).map((id) => setState(db, id, 'refused')))
  expect(await places()).toEqual([1])
  await Promise.all([
    ...ids.map((id) => setState(db, id, 'accepted')),
    ...ids.map((id) => setState(db, id, 'accepted')),
  ])
  expect(await places()).toEqual([1, 2, 3, 4])
  await Promise.all(ids.map((id, index) => setState(db, id, index % 2 === 0 ? 'refused' : 'accepted')))
  expect(await places()).toEqual([1, 2])
})

it('S-22 draws again when what was drawn is removed in that moment', async () => {
  pictures = await startPictures()
  const { db } = pictures.test.database
  for (const title of ['a', 'b']) await pictures.upload({ ...caption, title, file: await picture() })
  const files = filesInDirectory(pictures.choices.directory)
  const pool = createPool({
    db,
    dice: loadedDice(0, 0),
    files: {
      ...files,
      async read(name) {
        if ((await places()).length === 2) {
          await db.updateTable('picture').set({ state: 'refused' }).where('title', '=', 'a').execute()
          await db.deleteFrom('picture').where('title', '=', 'a').execute()
          await files.remove(name)
        }
        return files.read(name)
      },
    },
  })
  expect((await pool.draw()).picture.title).toBe('b')
})

it('S-54 has the starter set once, also when two start together', async () => {
  pictures = await startPictures()
  await Promise.all([pictures.service.start(), pictures.service.start()])
  await pictures.service.start()
  expect(await places()).toHaveLength(12)
  const page = await pictures.ask('/v1/pictures?limit=1&to=2026-11-03')
  expect(await page.json()).toMatchObject({
    items: [{ title: 'Drawn planet no. 3', date: '2026-11-03', explanation: expect.stringContaining('no telescope') }],
    next: expect.any(String),
  })
})

it('a picture that is there keeps its files when it is put in once more, in vain', async () => {
  pictures = await startPictures({ withStarterSet: true })
  const { pool } = pictures.test.database
  const files = await pictures.files()
  await pool.query('delete from seeding')
  const owner = openDatabase({ connection: pictures.test.ownerConnection, service: 'pictures' })
  await owner.pool.query('alter table picture add constraint refuses_everything check (false) not valid')
  await owner.close()
  await expect(pictures.service.start()).rejects.toThrow('refuses_everything')
  expect((await pictures.files()).sort()).toEqual(files.sort())
  expect((await pictures.ask('/pictures/api/v1/download')).status).toBe(200)
})

it('S-22 an import that is done once more makes no picture twice as likely', async () => {
  pictures = await startPictures()
  const file = await picture()
  const admin = createAdministration({
    database: pictures.test.database,
    choices: pictures.choices,
    clock: systemClock,
  })
  const bytes = new Uint8Array(await file.arrayBuffer())
  for (let times = 0; times < 2; times += 1) await admin.add({ ...caption, bytes })
  await admin.add({ ...caption, title: 'Another', bytes })
  expect(await places()).toEqual([1, 2])
})

import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPersonalData } from '../src/privacy/export.ts'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

let pictures: TestPictures
beforeAll(async () => {
  pictures = await startPictures({ choices: { isModerated: true } })
})
afterAll(() => pictures.stop())

describe('what pictures holds of somebody', () => {
  it('is told to identity alone', async () => {
    const answer = await pictures.ask(`/internal/pictures/people/${pictures.uploader}/data`)
    expect(answer.status).toBe(401)
  })

  it('is uploads in whatever state, with the way to those of the pool', async () => {
    const { db } = pictures.test.database
    for (const title of ['first', '<b>second</b>'])
      expect((await pictures.upload({ ...caption, title, file: await picture() })).status).toBe(201)
    const { id } = await db.selectFrom('picture').select('id').where('title', '=', 'first').executeTakeFirstOrThrow()
    await db.updateTable('picture').set({ state: 'accepted' }).where('id', '=', id).execute()
    const common = {
      explanation: 'Three stars in a row.',
      date: '2026-07-04',
      copyright: null,
      media_type: 'image/jpeg',
      width: 40,
      height: 30,
      bytes: expect.any(Number),
      added_at: expect.any(String),
    }
    const { sections } = await exportPersonalData(db, pictures.uploader)
    expect(sections).toEqual({
      uploads: [
        { ...common, id, title: 'first', state: 'accepted', file: `/v1/pictures/${id}/file` },
        { ...common, id: expect.any(String), title: '<b>second</b>', state: 'pending', file: null },
      ],
    })
    expect((await pictures.ask(`/v1/pictures/${id}/file`)).status).toBe(200)
    expect((await exportPersonalData(db, newId())).sections).toEqual({ uploads: [] })
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import sharp from 'sharp'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

const download = '/pictures/api/v1/download'

describe('an upload', () => {
  let pictures: TestPictures
  beforeAll(async () => {
    pictures = await startPictures()
  })
  afterAll(() => pictures.stop())

  it('S-22 finds nothing in an empty pool', async () => {
    expect((await pictures.ask(download)).status).toBe(404)
  })

  it.each([
    ['text', async () => new Blob(['no picture'])],
    ['a picture of another kind', () => picture('gif')],
    ['a TIFF', () => picture('tiff')],
    ['an SVG', async () => new Blob(['<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'])],
    ['half a picture', async () => (await picture('jpeg', { width: 300, height: 300 })).slice(0, 500)],
    ['nothing but a beginning', async () => (await picture('png')).slice(0, 40)],
    ['an empty file', async () => new Blob([])],
  ])('S-F7 of %s is a 422, and leaves nothing on the disk', async (_, make) => {
    const refused = await pictures.upload({ ...caption, file: await make() })
    expect(refused.status).toBe(422)
    expect(await refused.json()).toMatchObject({ 'Error:': expect.stringContaining('file: '), code: 'invalid-file' })
    expect(await pictures.files()).toEqual([])
  })

  it('S-F7 of more pixels than may be is a 422, though it is small', async () => {
    const bomb = await picture('png', { width: 1001, height: 1000 })
    const refused = await pictures.upload({ ...caption, file: bomb })
    expect([refused.status, await refused.json()]).toMatchObject([
      422,
      { Error: 'file: must have at most 1000000 pixels' },
    ])
    const line = await picture('png', { width: 16_384, height: 1 })
    expect(await (await pictures.upload({ ...caption, file: line })).json()).toMatchObject({
      Error: 'file: must be at most 16383 pixels wide and high',
    })
    expect(await pictures.files()).toEqual([])
  })

  it('S-F7 of a file that is too large is a 413', async () => {
    const refused = await pictures.upload({ ...caption, file: new Blob([new Uint8Array(1024 * 1024 + 1)]) })
    expect(refused.status).toBe(413)
    expect((await pictures.upload({ ...caption, file: new Blob([new Uint8Array(2 * 1024 * 1024)]) })).status).toBe(413)
  })

  it.each(['2026-02-30', '20260431', '2026-7-4', '2026-0704', '04.07.2026', '00000101', 'today'])(
    'S-29 S-32 S-F6 of the date %s is a 422',
    async (date) => {
      const refused = await pictures.upload({ ...caption, date, file: await picture() })
      expect([refused.status, await refused.json()]).toMatchObject([422, { code: 'invalid-date' }])
    },
  )

  it('S-5 without its fields is a 400 that names them, also with text for the file', async () => {
    const refused = await pictures.upload({ title: 'x', file: 'orion.jpg' })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      errors: { file: 'is needed', explanation: 'is needed', date: 'is needed' },
      message: expect.any(String),
    })
  })

  it('S-5 S-26 with no file chosen, as browsers send that, is a 400 that names it', async () => {
    const parts = Object.entries({ ...caption, 'file"; filename="': '' }).map(
      ([name, text]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
    )
    const refused = await pictures.ask('/pictures/api/v1/upload', {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x' },
      body: `${parts.join('')}--x--\r\n`,
    })
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { errors: { file: 'is needed' }, message: expect.any(String) },
    ])
  })

  it('S-C5 that is no form is a 400', async () => {
    const asJson = { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }
    expect((await pictures.ask('/pictures/api/v1/upload', asJson)).status).toBe(400)
  })

  it('S-2 is known in any case, and so is what is not there', async () => {
    expect((await pictures.ask('/Pictures/API/v1/Upload', { method: 'POST' })).status).toBe(400)
    expect((await pictures.ask('/Pictures/api/v1/upload')).status).toBe(405)
    expect(await (await pictures.ask('/PICTURES/nowhere')).json()).toEqual({ Info: expect.any(String) })
  })

  it('S-31 S-33 S-22 is answered 201, and its picture is drawn, as an attachment of its own type', async () => {
    const taken = await pictures.upload({ ...caption, title: 'Orión "and" \\more', file: await picture('webp') })
    expect([taken.status, await taken.json()]).toEqual([201, { Info: expect.any(String) }])
    const drawn = await pictures.ask(download)
    expect(drawn.headers.get('content-type')).toBe('image/webp')
    expect(drawn.headers.get('content-disposition')).toMatch(
      /^attachment; filename=".*"; filename\*=UTF-8''Ori%C3%B3n%20%22and%22%20%5Cmore\.webp$/,
    )
    const bytes = new Uint8Array(await drawn.arrayBuffer())
    expect(drawn.headers.get('content-length')).toBe(String(bytes.length))
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'webp', width: 40, height: 30 })
    expect(await pictures.test.database.db.selectFrom('picture').select('uploader').execute()).toEqual([
      { uploader: pictures.uploader },
    ])
  })
})

it('S-F7 keeps nothing of a picture that is not picture, and stands it upright', async () => {
  const pictures = await startPictures()
  const secret = 'taken at home'
  const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
    .withExif({ IFD0: { ImageDescription: secret, Orientation: '6' } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  expect(bytes.includes(secret)).toBe(true)
  await pictures.upload({ ...caption, file: new Blob([new Uint8Array(bytes)]) })
  const kept = Buffer.from(await (await pictures.ask(download)).arrayBuffer())
  const { width, height, exif } = await sharp(kept).metadata()
  expect({ width, height, exif, isKept: kept.includes(secret) }).toEqual({
    width: 30,
    height: 40,
    exif: undefined,
    isKept: false,
  })
  await pictures.stop()
})

it('S-33 waits for somebody who looks at it, where that is wanted', async () => {
  const pictures = await startPictures({ choices: { isModerated: true } })
  expect((await pictures.upload({ ...caption, file: await picture() })).status).toBe(201)
  expect((await pictures.ask(download)).status).toBe(404)
  await pictures.test.database.db.updateTable('picture').set({ state: 'accepted' }).execute()
  expect((await pictures.ask(download)).status).toBe(200)
  await pictures.stop()
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import sharp from 'sharp'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

let pictures: TestPictures
beforeAll(async () => {
  pictures = await startPictures()
  const days = ['2026-07-02', '2026-07-03', '2026-07-03', '2026-07-01']
  for (const [index, date] of days.entries()) {
    const file = await picture('jpeg', { width: 600, height: 300 })
    await pictures.upload({ ...caption, title: `no. ${index}`, date, copyright: 'Ada', file })
  }
})
afterAll(() => pictures.stop())

interface Listed {
  items: { id: string; title: string }[]
  next: string | null
}
async function list(query: string): Promise<Listed> {
  const answer = await pictures.ask(`/v1/pictures?${query}`)
  expect(answer.status).toBe(200)
  const body: Listed = JSON.parse(await answer.text())
  return body
}
const titles = ({ items }: Listed): string => items.map(({ title }) => title.at(-1)).join('')

it('lists pictures by date, newest first, page by page', async () => {
  const first = await list('limit=2')
  expect(titles(first)).toBe('21')
  const second = await list(`limit=2&after=${first.next}`)
  expect([titles(second), second.next]).toEqual(['03', null])
  expect(titles(await list('from=2026-07-02&to=2026-07-02'))).toBe('0')
  for (const query of ['from=2026-02-30', 'after=x', 'limit=0', 'from=yesterday']) {
    expect((await pictures.ask(`/v1/pictures?${query}`)).status, query).toBe(422)
  }
})

it('S-55 says what is known of a picture, and 404 for others', async () => {
  const { id } = (await list('limit=1')).items[0] ?? { id: '' }
  expect(await (await pictures.ask(`/v1/pictures/${id}`)).json()).toMatchObject({
    id,
    date: '2026-07-03',
    copyright: 'Ada',
    media_type: 'image/jpeg',
    width: 600,
    height: 300,
  })
  for (const unknown of ['x', '00000000-0000-4000-8000-000000000000']) {
    expect((await pictures.ask(`/v1/pictures/${unknown}/file`)).status).toBe(404)
  }
})

it('hands pictures out in three sizes, and not again to who has them', async () => {
  const { id } = (await list('limit=1')).items[0] ?? { id: '' }
  for (const [size, width] of [
    ['small', 256],
    ['medium', 600],
    ['full', 600],
  ] as const) {
    const path = `/v1/pictures/${id}/file?size=${size}`
    const answer = await pictures.ask(path)
    expect(answer.headers.get('cache-control')).toBe('private, max-age=86400')
    expect(answer.headers.get('content-type')).toBe(size === 'full' ? 'image/jpeg' : 'image/webp')
    expect((await sharp(await answer.arrayBuffer()).metadata()).width).toBe(width)
    const etag = answer.headers.get('etag') ?? ''
    const again = await pictures.ask(path, { headers: { 'if-none-match': `"other", W/${etag}` } })
    expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, ''])
  }
  expect((await pictures.ask(`/v1/pictures/${id}/file?size=huge`)).status).toBe(422)
})

import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { createApodStub } from '../apod-stub/apod-stub.ts'
import { startPictures, type TestPictures } from './test-pictures.ts'

/** Stands for NASA. */
let upstream: Server | undefined
let pictures: TestPictures | undefined
afterEach(async () => {
  await pictures?.stop()
  upstream?.closeAllConnections()
  upstream?.close()
})

const key = 'operators-secret-key'
let now = new Date('2026-07-04T12:00:00Z')
const logged: string[] = []
const asked: string[] = []

interface Download {
  readonly status: number
  readonly text: string
  readonly retryAfter: string | null
}

function start(answer: RequestListener): Promise<() => Promise<Download>> {
  asked.length = 0
  return startOn(
    createServer((request, response) => {
      asked.push(request.url ?? '')
      answer(request, response)
    }),
  )
}

async function startOn(server: Server): Promise<() => Promise<Download>> {
  now = new Date('2026-07-04T12:00:00Z')
  logged.length = 0
  upstream = server
  const { promise, resolve } = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const started = await startPictures({
    choices: { mode: 'microservice', apod: { url: `http://127.0.0.1:${port}/planetary/apod`, key } },
    clock: { now: () => now },
    onLog: (line) => logged.push(line),
  })
  pictures = started
  return async () => {
    const reply = await started.ask('/pictures/api/v1/download')
    return { status: reply.status, text: await reply.text(), retryAfter: reply.headers.get('retry-after') }
  }
}

const image = {
  date: '2026-07-04',
  title: 'A Nebula',
  explanation: 'Gas.',
  url: 'https://apod.nasa.gov/apod/image/nebula.jpg',
  hdurl: 'https://apod.nasa.gov/apod/image/nebula_big.jpg',
  media_type: 'image',
  service_version: 'v1',
  copyright: 'Ada',
}
const json =
  (body: unknown): RequestListener =>
  (_request, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(body))

it('S-23 S-50 S-51 passes on the record, with its key and for the whole day with one question', async () => {
  const ask = await start(json({ ...image, concepts: 'more than is promised' }))
  const answers = await Promise.all([ask(), ask(), ask()])
  now = new Date('2026-07-05T03:59:00Z')
  for (const { status, text } of [...answers, await ask()]) expect([status, JSON.parse(text)]).toEqual([200, image])
  expect(asked).toEqual([`/planetary/apod?api_key=${key}`])
  now = new Date('2026-07-05T04:00:00Z')
  await ask()
  // The new day has begun in Washington; its record is not out, so after a while it is asked for again.
  await ask()
  expect(asked).toHaveLength(2)
  now = new Date('2026-07-05T04:10:00Z')
  await ask()
  expect(asked).toHaveLength(3)
})

it('S-50 passes on days of a video, without hdurl and copyright', async () => {
  const { hdurl: _, copyright: __, ...rest } = image
  const video = { ...rest, media_type: 'video', url: 'https://www.youtube.com/embed/x' }
  const ask = await start(json(video))
  expect(JSON.parse((await ask()).text)).toEqual(video)
})

it.each([
  ['a refusal', (_request, response) => void response.writeHead(429).end(`over ${key}`)],
  ['a redirect', (_request, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()],
  ['text', (_request, response) => void response.end('<html>')],
  ['another record', json({ title: 'x' })],
  ['an endless answer', (_request, response) => void response.end('x'.repeat(1_000_000))],
  ['a broken connection', ({ socket }) => void socket.destroy()],
] satisfies [string, RequestListener][])('S-53 S-F12 S-51 answers 502 for %s, without the key', async (_, answer) => {
  const ask = await start(answer)
  const refused = await ask()
  expect([refused.status, JSON.parse(refused.text)]).toEqual([502, { Info: expect.any(String) }])
  expect(refused.text + logged.join('')).not.toContain(key)
  expect(refused.retryAfter).toBe('10')
  // Failures are not asked for again and again.
  await ask()
  expect(asked).toHaveLength(1)
  now = new Date(now.getTime() + 10_000)
  await ask()
  expect(asked).toHaveLength(2)
})

it('S-23 S-50 passes on the record of the stub, with which it can be tried offline', async () => {
  const ask = await startOn(createApodStub({ now: () => now }))
  const { status, text } = await ask()
  expect([status, JSON.parse(text)]).toMatchObject([
    200,
    { date: '2026-07-04', media_type: 'image', service_version: 'v1' },
  ])
})

it('S-9 S-38 has no upload and no catalogue', async () => {
  const ask = await start(json(image))
  expect((await ask()).status).toBe(200)
  for (const path of ['/pictures/api/v1/upload', '/v1/pictures']) {
    expect((await pictures?.ask(path, { method: 'POST' }))?.status, path).toBe(404)
  }
})

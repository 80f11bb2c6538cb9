import { readdir, utimes } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { openDatabase } from '@sallyport/database'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startMigratedParts } from '../support/installation.ts'
import { type Parts, untilTold } from '../support/parts.ts'

const record = {
  date: '2026-07-04',
  title: 'A Nebula',
  explanation: 'Gas.',
  url: 'https://apod.nasa.gov/apod/image/nebula.jpg',
  media_type: 'image',
  service_version: 'v1',
}
/** Stands for NASA. */
const nasa = createServer((_request, response) => void response.end(JSON.stringify(record)))

let parts: Parts
let door: string
let key: string
beforeAll(async () => {
  parts = await startMigratedParts(['identity', 'pictures'])
  door = parts.door
  key = await register()
})
afterAll(async () => {
  await parts.stop()
  nasa.close()
})

const download = '/pictures/api/v1/download'
const upload = '/pictures/api/v1/upload'
const demoKey = 'Demo_Key_SFA_Trial'

async function register(): Promise<string> {
  const person = { 'First Name': 'Ada', 'Last Name': 'L', email: 'ada@example.org', Password: 'pythonnn' }
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${door}/users/api/v1/register`, { method: 'POST', body: JSON.stringify(person), headers })
  expect(answer.status).toBe(200)
  return String(Reflect.get(Object(await answer.json()), 'API Key'))
}
const get = (path: string, withKey = key) => fetch(door + path, { headers: { 'x-api-key': withKey } })
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
function send(title: string): Promise<Response> {
  const body = new FormData()
  for (const [name, value] of Object.entries({ title, explanation: 'Far away.', date: '20260704' }))
    body.append(name, value)
  body.append('file', new Blob([Buffer.from(png, 'base64')]), '../star.png')
  return fetch(door + upload, { method: 'POST', body, headers: { 'x-api-key': key } })
}
/** The paths of all files of pictures. */
async function files(): Promise<string[]> {
  const directory = join(parts.dataDirectory, 'pictures')
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

describe('S-1 pictures as a process of its own', () => {
  it('S-2a S-4c S-31 S-39 hands them out with either key, and takes more', async () => {
    for (const one of [key, demoKey]) {
      const answer = await get(download, one)
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp'])
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/)
      expect((await answer.arrayBuffer()).byteLength).toBe(Number(answer.headers.get('content-length')))
    }
    expect((await send('Polaris')).status).toBe(201)
    const listed: { items: { id: string; title: string }[] } = JSON.parse(
      await (await get('/v1/pictures?from=2026-07-04&to=2026-07-04')).text(),
    )
    expect(listed.items.map(({ title }) => title)).toEqual(['Polaris'])
    const small = await get(`/v1/pictures/${listed.items[0]?.id}/file?size=small`)
    expect([small.status, small.headers.get('content-type')]).toEqual([200, 'image/webp'])
  })

  it('S-F7 leaves nothing for good of an upload during which it was killed', async () => {
    const before = await files()
    const { DATABASE_URL_PICTURES_OWNER = '' } = parts.environment('pictures')
    const owner = openDatabase({ connection: { url: DATABASE_URL_PICTURES_OWNER }, service: 'pictures' })
    // Nobody gets a row in, so the upload stands still between its files and its row.
    const holding = await owner.pool.connect()
    await holding.query('begin; set local idle_in_transaction_session_timeout = 0; lock table picture in share mode')
    let going: Promise<void> | undefined
    const letGo = () => (going ??= holding.query('rollback').then(() => holding.release()))
    onTestFinished(() => letGo().then(() => owner.close()))
    const uploading = send('Sirius').then(
      ({ status }) => status,
      () => 0,
    )
    await expect.poll(async () => (await files()).length).toBe(before.length + 3)
    await parts.end('pictures', 'SIGKILL')
    await letGo()
    expect(await uploading).toBeOneOf([502, 503])

    await parts.serve('pictures')
    await untilTold(parts.urlOf('pictures'))
    const listed = await get('/v1/pictures?from=2026-07-04')
    expect([listed.status, await listed.text()]).toEqual([200, expect.not.stringContaining('Sirius')])
    const left = (await files()).filter((path) => !before.includes(path))
    expect(left).toHaveLength(3)
    const longAgo = new Date(Date.now() - 2 * 3_600_000)
    for (const path of left) await utimes(path, longAgo, longAgo)
    await parts.end('pictures', 'SIGTERM')
    await parts.serve('pictures')
    await untilTold(parts.urlOf('pictures'))
    await expect.poll(async () => (await files()).sort()).toEqual(before.sort())
    expect((await get(download)).status).toBe(200)
  })

  it("S-9 S-23 S-38 S-39 S-4c passes on NASA's record with either key, and takes none", async () => {
    await new Promise<void>((resolve) => nasa.listen(0, '127.0.0.1', resolve))
    const address = nasa.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const settings = {
      SALLYPORT_PICTURES_MODE: 'microservice',
      SALLYPORT_APOD_URL: `http://127.0.0.1:${port}/planetary/apod`,
      SALLYPORT_APOD_KEY: 'operators-secret-key',
    }
    for (const part of ['gateway', 'pictures'] as const) await parts.end(part, 'SIGTERM')
    await parts.serve('pictures', settings)
    ;({ public: door = '' } = await parts.serve('gateway', settings))
    await Promise.all([door, parts.urlOf('pictures')].map(untilTold))
    for (const one of [key, demoKey]) {
      const answer = await get(download, one)
      expect([answer.status, await answer.json()]).toEqual([200, record])
    }
    const wrong = await get(download, 'x'.repeat(40))
    expect([wrong.status, await wrong.json()]).toEqual([401, { Info: expect.any(String) }])
    const refused = await send('Polaris')
    expect([refused.status, await refused.json()]).toEqual([404, { Info: expect.any(String) }])
    expect((await get('/v1/pictures')).status).toBe(404)
    expect((await fetch(`${door}/demo-key/api/v1/demo_key`)).status).toBe(200)
    expect(await register()).toHaveLength(40)
  })
})

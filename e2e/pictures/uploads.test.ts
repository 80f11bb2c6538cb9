import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { type Program, startProgram } from '../support/program.ts'

let dataDirectory: string
let program: Program
let key: string
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory, {
    SALLYPORT_PICTURES_LIMIT: 'none',
    SALLYPORT_PICTURES_LIMIT_ADDRESS: 'none',
  })
  const person = { 'First Name': 'Ada', 'Last Name': 'L', email: 'ada@example.org', Password: 'pythonnn' }
  const answer = await fetch(`${program.addresses.public}/users/api/v1/register`, {
    method: 'POST',
    body: JSON.stringify(person),
    headers: { 'content-type': 'application/json' },
  })
  key = String(Reflect.get(Object(await answer.json()), 'API Key'))
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

type Content = string | Uint8Array<ArrayBuffer>
interface Sent {
  readonly file?: Content
  readonly name?: string
  readonly key?: string
  readonly fields?: Readonly<Record<string, string>>
}
const whole = { title: 'Orion', explanation: 'Three stars in a row.', date: '2026-07-04' }

async function upload({ file, name = 'orion.jpg', key: withKey = key, fields = whole }: Sent) {
  const form = new FormData()
  for (const [field, text] of Object.entries(fields)) form.append(field, text)
  if (file !== undefined) form.append('file', new Blob([file], { type: 'image/jpeg' }), name)
  const answer = await fetch(`${program.addresses.public}/pictures/api/v1/upload`, {
    method: 'POST',
    body: form,
    headers: { 'x-api-key': withKey },
  })
  const body: unknown = await answer.json()
  return { status: answer.status, body }
}
/** The names of everything in the directory of the installation that an upload could have made. */
async function files(): Promise<string[]> {
  const entries = await readdir(dataDirectory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && /\.(?:jpg|png|webp|part)$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, sum])
}
/** A black picture of one bit a pixel, with other chunks in it. */
function png(width: number, height: number, ...more: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header[8] = 1
  const pixels = deflateSync(Buffer.alloc((Math.ceil(width / 8) + 1) * height))
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  const parts = [signature, chunk('IHDR', header), ...more, chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]
  return new Uint8Array(Buffer.concat(parts))
}
const star = png(8, 8)
const script = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

describe('S-C5 S-F7 an upload is refused with a reason, and nothing of it is on the disk:', () => {
  it.each<[string, Content, number, string]>([
    ['text with the right name', 'no picture', 422, 'must be a picture in JPEG, PNG or WebP'],
    ['an SVG with a script', script, 422, 'must be a picture in JPEG, PNG or WebP'],
    ['a page', '<!doctype html><script>alert(1)</script>', 422, 'must be a picture in JPEG, PNG or WebP'],
    ['nothing', '', 422, 'must be a picture in JPEG, PNG or WebP'],
    ['the beginning of a picture', star.slice(0, 40), 422, 'file: '],
    ['a picture that breaks off', star.slice(0, -20), 422, 'file: '],
    ['a picture with other bytes in it', star.with(30, 255), 422, 'file: '],
    ['48 kB that are 400 million pixels', png(20_000, 20_000), 422, 'must have at most 50000000 pixels'],
    ['a line of 50 million pixels', png(50_000_000, 1), 422, 'must be at most 16383 pixels wide and high'],
    ['a byte more than may be', new Uint8Array(10 * 1024 * 1024 + 1), 413, 'has at most 10485760 bytes'],
    ['far more than may be', new Uint8Array(12 * 1024 * 1024), 413, 'has at most'],
  ])('%s', async (_what, file, status, reason) => {
    const before = await files()
    const refused = await upload({ file })
    expect(refused).toEqual({
      status,
      body: {
        Error: expect.stringContaining(reason),
        'Error:': expect.stringContaining(reason),
        code: expect.any(String),
      },
    })
    expect(await files()).toEqual(before)
  })

  it.each(['file', 'title', 'explanation', 'date'])('S-5 S-26 to S-29 S-32 without %s', async (missing) => {
    const before = await files()
    const fields = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== missing))
    const refused = await upload({ fields, ...(missing !== 'file' && { file: star }) })
    expect(refused).toEqual({
      status: 400,
      body: { errors: { [missing]: 'is needed' }, message: 'The form lacks fields' },
    })
    expect(await files()).toEqual(before)
  })

  it('S-26 with the demo key, or with none that is one', async () => {
    const before = await files()
    for (const [other, why] of [
      ['Demo_Key_SFA_Trial', 'this needs the scope pictures:upload'],
      ['x'.repeat(40), 'The API key is not valid, or no longer: register again for another one'],
    ] as const) {
      expect(await upload({ file: star, key: other })).toEqual({ status: 401, body: { Info: why } })
    }
    expect(await files()).toEqual(before)
  })
})

it.each([
  ['a way up', '../../../etc/passwd'],
  ['a way up elsewhere', '..\\..\\windows.png'],
  ['a place of its own', '/etc/cron.d/x'],
  ['an end inside', 'a\0b.png'],
  ['a device', 'CON'],
  ['quotes and snow', 'é☃ "quoted".png'],
  ['settings of a server', '.htaccess'],
  ['no end', 'x'.repeat(3000)],
])('S-F7 a file whose name is %s is kept under one of the program', async (_what, name) => {
  const before = await files()
  expect((await upload({ file: star, name })).status).toBe(201)
  const made = (await files()).filter((path) => !before.includes(path))
  expect(made).toHaveLength(3)
  for (const path of made) {
    expect(path).toMatch(/\/pictures\/[0-9a-f]{2}\/[0-9a-f-]{36}(?:\.(?:small|medium)\.webp|\.png)$/)
    expect((await readFile(path)).length).toBeGreaterThan(0)
  }
})

it('S-F7 what unpacks to 64 MB inside a picture is not kept', async () => {
  const note = Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(64 * 1024 * 1024))])
  const before = await files()
  expect((await upload({ file: png(8, 8, chunk('zTXt', note)) })).status).toBe(201)
  const made = (await files()).filter((path) => !before.includes(path))
  for (const path of made) expect((await readFile(path)).length).toBeLessThan(1000)
})

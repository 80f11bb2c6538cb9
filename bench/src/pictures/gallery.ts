import { randomBytes } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import sharp from 'sharp'
import type { Installation } from '../installation.ts'

/** A picture of the pool, and how its files are called below the root of a server for files. */
export interface Exhibit {
  readonly id: string
  readonly bytes: number
  readonly fullName: string
  readonly smallName: string
}

/** The pool of an installation, filled through its door. */
export interface Gallery {
  /** Good for what the pictures service has. */
  readonly key: string
  /** Puts in a picture so many pixels high and wide, takes out all others, and copies its files to where a server for files finds them. */
  hang(pixels: number): Promise<Exhibit>
}

export async function openGallery({ program, dataDirectory }: Installation, root: string): Promise<Gallery> {
  const door = program.addresses.public
  const key = await register(door)
  return {
    key,
    async hang(pixels) {
      await upload(door, key, await noise(pixels))
      const { id, file, bytes } = await keepNewest(dataDirectory)
      const smallName = `${id}.small.webp`
      for (const name of [file, smallName]) {
        await copyFile(join(dataDirectory, 'pictures', name.slice(0, 2), name), join(root, name))
      }
      return { id, bytes, fullName: file, smallName }
    },
  }
}

interface Row {
  readonly id: string
  readonly file: string
  readonly bytes: number
}

async function keepNewest(dataDirectory: string): Promise<Row> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const connection = postgres.connection('pictures', 'service')
  const database = openDatabase<Record<string, never>>({ service: 'bench', connection })
  try {
    const { rows } = await database.pool.query<Row>(
      'select id, file, bytes from picture order by sequence desc limit 1',
    )
    const [row] = rows
    if (!row) throw new TypeError('the picture is not in the pool')
    await database.pool.query(`update picture set state = 'refused' where state = 'accepted' and id <> $1`, [row.id])
    return row
  } finally {
    await database.close()
  }
}

async function register(door: string): Promise<string> {
  const person = { 'First Name': 'Ada', 'Last Name': 'L', email: 'ada@example.org', Password: 'a long phrase is best' }
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${door}/users/api/v1/register`, { method: 'POST', body: JSON.stringify(person), headers })
  const body: unknown = await answer.json()
  const key: unknown = Reflect.get(Object(body), 'API Key')
  if (typeof key !== 'string') throw new TypeError(`no key was given: ${answer.status}`)
  return key
}

async function upload(door: string, key: string, file: Uint8Array<ArrayBuffer>): Promise<void> {
  const form = new FormData()
  for (const [name, text] of Object.entries({ title: 'Noise', explanation: 'Nothing.', date: '20260704' })) {
    form.append(name, text)
  }
  form.append('file', new Blob([file]), 'noise.jpg')
  const headers = { 'x-api-key': key }
  const answer = await fetch(`${door}/pictures/api/v1/upload`, { method: 'POST', body: form, headers })
  if (answer.status !== 201) throw new Error(`an upload was answered ${answer.status}: ${await answer.text()}`)
}

/** A picture of which every pixel is another: it has about a byte for each. */
async function noise(pixels: number): Promise<Uint8Array<ArrayBuffer>> {
  const raw = { width: pixels, height: pixels, channels: 3 } as const
  const jpeg = await sharp(randomBytes(pixels * pixels * 3), { raw })
    .jpeg({ quality: 90 })
    .toBuffer()
  return new Uint8Array(jpeg)
}

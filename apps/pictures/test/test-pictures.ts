import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, type Clock, type Dice, newId, systemClock } from '@sallyport/kernel'
import type { AccountCaller, Authentication, Service } from '@sallyport/service'
import { pino } from 'pino'
import sharp from 'sharp'
import { buildPictures, type PicturesChoices } from '../src/pictures.ts'
import { migrations, type PicturesDatabase } from '../src/pictures-database.ts'

export interface TestPictures {
  readonly test: TestDatabase<PicturesDatabase>
  /** The address of its own port. */
  readonly url: string
  readonly service: Service
  readonly choices: PicturesChoices
  readonly uploader: AccountId
  ask(path: string, options?: RequestInit): Promise<Response>
  upload(fields: Readonly<Record<string, string | Blob>>): Promise<Response>
  /** The names of all files, in whatever folder. */
  files(): Promise<string[]>
  stop(): Promise<void>
}

/** The pictures service on a database, a directory and a port of its own. Everybody is let in, as whoever has a key. */
export async function startPictures(
  options: {
    readonly choices?: Partial<PicturesChoices>
    readonly dice?: Dice
    readonly clock?: Clock
    /** The log, line by line. */
    readonly onLog?: (line: string) => void
    readonly withStarterSet?: boolean
  } = {},
): Promise<TestPictures> {
  const { dice, clock = systemClock, onLog, withStarterSet = false } = options
  const test = await createTestDatabase<PicturesDatabase>({ service: 'pictures', migrations })
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-pictures-'))
  const uploader = newId<AccountId>()
  const choices: PicturesChoices = {
    mode: 'monolith',
    uploadLimitBytes: 1024 * 1024,
    mostPixels: 1_000_000,
    isModerated: false,
    directory,
    apod: { url: 'http://127.0.0.1:9', key: 'none' },
    ...options.choices,
  }
  const service = await buildPictures({
    database: test.database,
    authentication: everybodyIs(uploader),
    log: onLog ? pino({ level: 'trace' }, { write: onLog }) : pino({ level: 'silent' }),
    clock,
    choices,
    ...(dice && { dice }),
  })
  if (withStarterSet) await service.start()
  const url = await service.listen({ host: '127.0.0.1', port: 0 })
  const ask: TestPictures['ask'] = (path, init = {}) => fetch(url + path, init)
  return {
    test,
    url,
    service,
    choices,
    uploader,
    ask,
    upload(fields) {
      const body = new FormData()
      for (const [name, value] of Object.entries(fields)) body.append(name, value)
      return ask('/pictures/api/v1/upload', { method: 'POST', body })
    },
    async files() {
      const entries = await readdir(directory, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name)
    },
    async stop() {
      await service.stop()
      await test.drop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

function everybodyIs(accountId: AccountId): Authentication {
  const caller: AccountCaller = {
    kind: 'account',
    accountId,
    sessionId: newId(),
    username: 'ada',
    role: 'user',
    roles: ['user'],
    scopes: ['pictures:download', 'pictures:upload'],
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
  return {
    account: () => caller,
    service: async (authorization) =>
      authorization === 'Bearer identity' ? { kind: 'service', name: 'identity' } : 'invalid',
  }
}

/** A small picture of one colour. */
export async function picture(
  format: 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' = 'jpeg',
  { width = 40, height = 30, colour = 'navy' } = {},
): Promise<Blob> {
  const bytes = await sharp({ create: { width, height, channels: 3, background: colour } })
    .toFormat(format)
    .toBuffer()
  return new Blob([new Uint8Array(bytes)])
}

export const caption = { title: 'Orion', explanation: 'Three stars in a row.', date: '2026-07-04' }

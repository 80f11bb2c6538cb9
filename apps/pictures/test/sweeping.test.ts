import { readdir, utimes, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { filesInDirectory } from '../src/files/picture-files.ts'
import { setState } from '../src/pool/picture-store.ts'
import { NotTheseFiles, removeLeftFiles } from '../src/sweeping/left-files.ts'
import { startSweeping } from '../src/sweeping/sweeping.ts'
import { caption, picture, startPictures, type TestPictures } from './test-pictures.ts'

let pictures: TestPictures
afterEach(() => pictures.stop())

const noon = new Date('2026-07-04T12:00:00Z')
const minutesBefore = (minutes: number): Date => new Date(noon.getTime() - minutes * 60_000)

/** Makes everything that is there look as old as that. */
async function date(moment: Date): Promise<void> {
  const { directory } = pictures.choices
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await utimes(join(entry.parentPath, entry.name), moment, moment)
  }
}
const files = () => filesInDirectory(pictures.choices.directory)
async function leave(at: Date): Promise<string> {
  const name = `${newId()}.jpg`
  await files().put(name, new Uint8Array([1]))
  const path = join(pictures.choices.directory, name.slice(0, 2), name)
  await utimes(path, at, at)
  return name
}
async function sweep(): Promise<string[]> {
  const lines: string[] = []
  const { db } = pictures.test.database
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  await startSweeping({ db, files: files(), clock: { now: () => noon }, log }).stop()
  return lines
}

it('S-F7 what a broken upload has left is removed after an hour, and nothing else', async () => {
  pictures = await startPictures()
  const { db } = pictures.test.database
  for (const title of ['accepted', 'refused']) await pictures.upload({ ...caption, title, file: await picture() })
  const [, last] = await db.selectFrom('picture').select('id').orderBy('sequence').execute()
  if (last) await setState(db, last.id, 'refused')
  const whole = await pictures.files()
  expect(whole).toHaveLength(6)
  await date(minutesBefore(600))
  const young = await leave(minutesBefore(59))
  await leave(minutesBefore(61))
  const folder = join(pictures.choices.directory, 'ab')
  await mkdir(folder, { recursive: true })
  for (const [name, age] of [
    ['old', 61],
    ['new', 59],
  ] as const) {
    const path = join(folder, `${newId()}.part`)
    await writeFile(path, name)
    await utimes(path, minutesBefore(age), minutesBefore(age))
  }
  await writeFile(join(folder, 'notes of the operator'), '')
  const lines = await sweep()
  const left = await pictures.files()
  expect(left.filter((name) => !name.endsWith('.part')).sort()).toEqual(
    [...whole, young, 'notes of the operator'].sort(),
  )
  expect(left.filter((name) => name.endsWith('.part'))).toHaveLength(1)
  expect(lines.map((line) => line.includes('"files":1'))).toEqual([true])
  expect((await pictures.ask('/pictures/api/v1/download')).status).toBe(200)
})

it('a picture that is being put in keeps its files, however old they look', async () => {
  pictures = await startPictures()
  const { db } = pictures.test.database
  const owner = openDatabase({ connection: pictures.test.ownerConnection, service: 'pictures' })
  const holding = await owner.pool.connect()
  const waiting = sql<{ waiting: boolean }>`
    select exists (
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'advisory'
    ) as waiting`
  const underWay: { uploading?: ReturnType<TestPictures['upload']>; removing?: Promise<number> } = {}
  try {
    await holding.query('begin; lock table picture in share mode')
    underWay.uploading = pictures.upload({ ...caption, file: await picture() })
    // Each file has its own name once the whole of it is there.
    await expect.poll(async () => (await pictures.files()).filter((name) => !name.endsWith('.part'))).toHaveLength(3)
    await date(minutesBefore(600))
    underWay.removing = removeLeftFiles({ db, files: files(), before: noon })
    await expect.poll(async () => (await waiting.execute(db)).rows[0]?.waiting).toBe(true)
  } finally {
    // Also when it failed: the service would wait for the lock at its end.
    await holding.query('rollback')
    holding.release()
    await owner.close()
  }
  expect((await underWay.uploading).status).toBe(201)
  expect(await underWay.removing).toBe(0)
  expect(await pictures.files()).toHaveLength(3)
})

it('files of another database are not taken for what is left over', async () => {
  pictures = await startPictures()
  for (let index = 0; index <= 500; index += 1) await leave(minutesBefore(600))
  const { db } = pictures.test.database
  await expect(removeLeftFiles({ db, files: files(), before: noon })).rejects.toThrow(NotTheseFiles)
  expect((await sweep()).join('')).toContain('none was removed')
  expect(await pictures.files()).toHaveLength(501)
})

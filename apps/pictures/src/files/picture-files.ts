import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { newId, syncDirectory } from '@sallyport/kernel'

/** Where the files of pictures are kept: on a disk here, and an object store would do as well. */
export interface PictureFiles {
  /** Keeps a file whole or not at all. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Undefined when there is none of this name. */
  read(name: string): Promise<StoredFile | undefined>
  remove(name: string): Promise<void>
  /** All names, some at a time. */
  list(): AsyncIterable<readonly string[]>
  /** Undefined when there is none of this name. */
  writtenAt(name: string): Promise<Date | undefined>
  /** Removes what was begun before a moment and never became a file. */
  removeUnfinished(before: Date): Promise<void>
}

/** Whoever does not read a stream destroys it. */
export interface StoredFile {
  readonly size: number
  readonly content: Readable | Uint8Array
}

/** A file up to this size is read at once, and a larger one in pieces of this size. */
const pieceBytes = 256 * 1024

/** Names are made by the program; anything else would be a bug that reaches into the file system. */
const nameForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.(?:small|medium))?\.(?:jpg|png|webp)$/

const unfinishedForm = /^[0-9a-f-]{36}\.part$/

/** Files in a directory of the machine, spread over 256 folders. Several processes may share it. */
export function filesInDirectory(directory: string): PictureFiles {
  const pathOf = (name: string): string => {
    if (!nameForm.test(name)) throw new TypeError('this is not the name of a picture')
    return join(directory, name.slice(0, 2), name)
  }
  return {
    async put(name, bytes) {
      const path = pathOf(name)
      const folder = dirname(path)
      const made = await mkdir(folder, { recursive: true, mode: 0o700 })
      const unfinished = join(folder, `${newId()}.part`)
      try {
        await writeDown(unfinished, bytes)
        await rename(unfinished, path)
        // A picture that somebody was told is there survives a power cut, its name included.
        await syncDirectory(folder)
        if (made !== undefined) await syncDirectory(directory)
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
    },
    async read(name) {
      const file: FileHandle | undefined = await orAbsent(open(pathOf(name), 'r'), undefined)
      if (!file) return undefined
      const { size } = await file.stat()
      if (size <= pieceBytes) return { size, content: await readAtOnce(file, size) }
      // The end is given so that the length that was told stays true.
      return { size, content: file.createReadStream({ end: size - 1, highWaterMark: pieceBytes }) }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
    async *list() {
      for await (const { names } of foldersOf(directory)) yield names.filter((name) => nameForm.test(name))
    },
    writtenAt: (name) => changedAt(pathOf(name)),
    async removeUnfinished(before) {
      for await (const { folder, names } of foldersOf(directory)) {
        for (const name of names.filter((one) => unfinishedForm.test(one))) {
          const path = join(folder, name)
          const at = await changedAt(path)
          if (at && at < before) await rm(path, { force: true })
        }
      }
    },
  }
}

async function readAtOnce(file: FileHandle, size: number): Promise<Uint8Array> {
  try {
    const bytes = Buffer.allocUnsafeSlow(size)
    const { bytesRead } = await file.read(bytes, 0, size, 0)
    if (bytesRead !== size) throw new RangeError('a file of a picture is shorter than it was')
    return bytes
  } finally {
    await file.close()
  }
}

async function* foldersOf(directory: string): AsyncIterable<{ readonly folder: string; readonly names: string[] }> {
  for (const name of await orAbsent(readdir(directory), [])) {
    if (!/^[0-9a-f]{2}$/.test(name)) continue
    const folder = join(directory, name)
    yield { folder, names: await orAbsent(readdir(folder), []) }
  }
}

async function changedAt(path: string): Promise<Date | undefined> {
  return (await orAbsent(stat(path), undefined))?.mtime
}

async function writeDown(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** What is asked for, or something else where there is no such file. */
async function orAbsent<Result, Absent>(asked: Promise<Result>, absent: Absent): Promise<Result | Absent> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return absent
    throw error
  }
}

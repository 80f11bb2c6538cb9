import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { newId, syncDirectory } from '@sallyport/kernel'

/** Where the files of pictures are kept: on a disk here, and an object store would do as well. */
export interface PictureFiles {
  /** Keeps a file whole or not at all. */
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Undefined when there is none of this name. Whoever does not read the stream destroys it. */
  read(name: string): Promise<{ readonly size: number; readonly stream: Readable } | undefined>
  remove(name: string): Promise<void>
}

/** Names are made by the program; anything else would be a bug that reaches into the file system. */
const nameForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:\.(?:small|medium))?\.(?:jpg|png|webp)$/

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
      const file = await openExisting(pathOf(name))
      if (!file) return undefined
      const { size } = await file.stat()
      // The end is given so that the length that was told stays true.
      return { size, stream: file.createReadStream({ end: Math.max(0, size - 1) }) }
    },
    remove: (name) => rm(pathOf(name), { force: true }),
  }
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

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

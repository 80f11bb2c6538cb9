import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '@sallyport/kernel'

const ownerOnly = 0o600

/** The content of a file, or undefined when there is none. */
export async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return undefined
    throw error
  }
}

/** The content of a file only its owner may read; the file is made when it is not there, by one of those who try. */
export async function readOrMake(path: string, make: () => string): Promise<string> {
  const existing = await readIfPresent(path)
  if (existing !== undefined) return existing
  const draft = await writeDraft(path, make())
  try {
    // Unlike a rename, a link never replaces what another process made in the meantime.
    await link(draft, path)
  } catch (error) {
    if (!(error instanceof Error && Reflect.get(error, 'code') === 'EEXIST')) throw error
  } finally {
    await unlink(draft)
  }
  await syncDirectory(dirname(path))
  return readFile(path, 'utf8')
}

/**
 * Replaces a file in one step: nobody ever reads half of it, and a power cut does not lose it although what was encrypted with
 * it is safe.
 */
export async function replaceFile(path: string, content: string): Promise<void> {
  await rename(await writeDraft(path, content), path)
  await syncDirectory(dirname(path))
}

async function writeDraft(path: string, content: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.${crypto.randomUUID()}`
  await writeFile(draft, content, { mode: ownerOnly, flush: true, flag: 'wx' })
  return draft
}

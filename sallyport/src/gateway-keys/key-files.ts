import { join } from 'node:path'
import { signing } from '@sallyport/gateway'
import { takeProcessLock } from '../data-directory/process-lock.ts'
import { readIfPresent, readOrMake, replaceFile } from '../data-directory/private-file.ts'

/** The gateway cannot use its keys. The message names setting, file, key and reason. */
export class GatewayKeysUnusable extends Error {
  override name = 'GatewayKeysUnusable'

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`SALLYPORT_GATEWAY_KEYS: ${file}: ${reason}`, options)
  }
}

/** The texts of both files. */
export interface KeyFiles {
  readonly private: string
  readonly public: string
}

export function pathsOf(directory: string): KeyFiles {
  return { private: join(directory, 'private.json'), public: join(directory, 'public.json') }
}

/** Both files; without any, they are made with a first key (enrollment E-28). @throws {GatewayKeysUnusable} */
export async function readOrMakeKeyFiles(directory: string): Promise<KeyFiles> {
  const present = await readKeyFiles(directory)
  if (present) return present
  return whileNobodyElseMakes(directory, async () => {
    const made = await readOrCompleteKeyFiles(directory)
    if (made) return made
    const { private: first } = await signing.makeKey(crypto.randomUUID())
    const paths = pathsOf(directory)
    return explained(directory, async () => {
      const privateText = await readOrMake(paths.private, () => textOf([first]))
      const publicText = await readOrMake(paths.public, () => textOf(signing.publicHalvesOf(privateText)))
      return { private: privateText, public: publicText }
    })
  })
}

/** Making keys takes seconds; whoever waits for so long says so instead, in milliseconds. */
const lockLimitMs = 60_000

/**
 * Does what changes the files while no other process does: of two that add keys at once, the one that writes last would leave
 * out those of the other.
 *
 * @throws {GatewayKeysUnusable}
 */
export async function whileNobodyElseMakes<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const file = join(directory, 'keys.lock')
  const lock = await explained(directory, () => takeProcessLock(file, { waitMs: lockLimitMs }))
  if (!lock) throw new GatewayKeysUnusable(directory, 'another process has been making keys for a minute')
  try {
    return await work()
  } finally {
    lock.release()
  }
}

/**
 * Both files, as far as they are there. When there is only the private one the other is yet to be made of it; when there
 * is only the public one, what belongs to it was lost.
 *
 * @throws {GatewayKeysUnusable}
 */
export async function readKeyFiles(directory: string): Promise<KeyFiles | undefined> {
  const paths = pathsOf(directory)
  return explained(directory, async () => {
    // In this order: another process publishes a key before it signs with it.
    const privateText = await readIfPresent(paths.private)
    const publicText = await readIfPresent(paths.public)
    if (publicText === undefined) return undefined
    // The first ones are made the other way round, and may have been made just now.
    const found = privateText ?? (await readIfPresent(paths.private))
    if (found === undefined) throw new GatewayKeysUnusable(paths.private, `it is not there, but ${paths.public} is`)
    return { private: found, public: publicText }
  })
}

/**
 * The same; the public file is made again where there is only the private one, which a crash may have left alone.
 *
 * @throws {GatewayKeysUnusable}
 */
export async function readOrCompleteKeyFiles(directory: string): Promise<KeyFiles | undefined> {
  const present = await readKeyFiles(directory)
  if (present) return present
  const paths = pathsOf(directory)
  return explained(directory, async () => {
    const privateText = await readIfPresent(paths.private)
    if (privateText === undefined) return undefined
    const publicText = await readOrMake(paths.public, () => textOf(signing.publicHalvesOf(privateText)))
    return { private: privateText, public: publicText }
  })
}

/** What both files say. @throws {GatewayKeysUnusable} */
export function parseKeyFiles(directory: string, files: KeyFiles): Promise<signing.KeySets> {
  return explained(directory, async () => signing.readKeySets(files))
}

/** Writes both files anew, or for the first time. @throws {GatewayKeysUnusable} */
export async function replaceKeyFiles(
  directory: string,
  keys: signing.KeySets,
  { isFirst }: { readonly isFirst: boolean },
): Promise<void> {
  const paths = pathsOf(directory)
  await explained(directory, async () => {
    // The public file can be made of the private one, and not the other way round.
    if (isFirst) await replaceFile(paths.private, textOf(keys.private))
    // What signs is published before: whoever reads in between finds a public key too many, never one too few.
    await replaceFile(paths.public, textOf(keys.public))
    if (!isFirst) await replaceFile(paths.private, textOf(keys.private))
  })
}

function textOf(keys: readonly object[]): string {
  return `${JSON.stringify({ keys }, undefined, 2)}\n`
}

async function explained<T>(directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof signing.KeySetFault) {
      throw new GatewayKeysUnusable(pathsOf(directory)[error.half], error.message, { cause: error })
    }
    const code: unknown = Reflect.get(Object(error), 'code')
    if (typeof code !== 'string') throw error
    throw new GatewayKeysUnusable(directory, `it cannot be read or written (${code})`, { cause: error })
  }
}

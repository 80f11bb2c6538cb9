import { open, rename, rm } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** The command cannot do what it was asked, and says why. */
export class TransferImpossible extends Error {
  override name = 'TransferImpossible'
}

/** Writes to a file that only its owner may read, or to standard output. @throws {TransferImpossible} */
export async function writeOutput(lines: Readable, path: string | undefined): Promise<void> {
  if (path === undefined) await pipeline(lines, process.stdout, { end: false }).catch(unlessClosed)
  else await writePrivately(path, lines)
}

/** Nobody but the owner reads it, and nobody finds half of it. */
async function writePrivately(path: string, lines: Readable): Promise<void> {
  const draft = `${path}.${process.pid}.part`
  const file = await open(draft, 'wx', 0o600).catch(explainFile)
  try {
    await pipeline(lines, file.createWriteStream({ flush: true }))
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** Whoever reads standard output may have seen enough. */
function unlessClosed(error: unknown): void {
  if (!(error instanceof Error && Reflect.get(error, 'code') === 'EPIPE')) throw error
}

/** What is wrong with a file, said by the system. */
export function explainFile(error: unknown): never {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'syscall') : undefined
  if (!(error instanceof Error) || code === undefined) throw error
  throw new TransferImpossible(error.message, { cause: error })
}

/** No such database, role, table or column. */
const notMigratedCodes: ReadonlySet<unknown> = new Set(['3D000', '28000', '42P01', '42703'])

/** An error that a migration would put right says so. */
export function explainedIfNotMigrated(error: unknown): unknown {
  if (!isNotMigrated(error)) return error
  return new TransferImpossible('the databases are not up to date: run sallyport migrate first', { cause: error })
}

function isNotMigrated(error: unknown): boolean {
  return error instanceof Error && notMigratedCodes.has(Reflect.get(error, 'code'))
}

import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

/** What only one process does at a time. */
export interface ProcessLock {
  release(): void
}

const pauseMs = 20
/** `SQLITE_BUSY`. */
const isHeldElsewhere = 5

/**
 * Takes the lock that a file stands for, waiting for it for so long; undefined when another process keeps it. It ends with
 * this process, whichever way that ends, and a file that was left behind says nothing: SQLite's locks belong to the system.
 */
export async function takeProcessLock(
  file: string,
  { waitMs }: { readonly waitMs: number },
): Promise<ProcessLock | undefined> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const deadline = performance.now() + waitMs
  for (;;) {
    const lock = tryToTake(file)
    if (lock || performance.now() >= deadline) return lock
    await sleep(pauseMs)
  }
}

function tryToTake(file: string): ProcessLock | undefined {
  const database = new DatabaseSync(file)
  try {
    // Nothing is ever written, so nothing is to be taken back after a crash.
    database.exec('pragma journal_mode = memory; begin exclusive')
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (Reflect.get(Object(error), 'errcode') === isHeldElsewhere) return undefined
    throw error
  }
}

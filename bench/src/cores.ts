import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'

const execute = promisify(execFile)

// Counted once: a process that is kept to some of them sees no others.
const coreCount = availableParallelism()

/** The first core is for the program that is measured; everything else has the others. */
export type Cores = 'first' | 'others'

/** Whether a core can be set apart here: it needs two, and Linux's `taskset`. */
export async function canPin(): Promise<boolean> {
  if (coreCount < 2) return false
  return execute('taskset', ['--version']).then(
    () => true,
    () => false,
  )
}

/** Keeps a process, all its threads and what it starts from now on to some of the cores. */
export async function pin(pid: number, cores: Cores): Promise<void> {
  const list = cores === 'first' ? '0' : `1-${coreCount - 1}`
  await execute('taskset', ['--all-tasks', '--cpu-list', '--pid', list, String(pid)])
}

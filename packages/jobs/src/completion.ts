/** Keys of jobs whose work was done, gathered for a moment and then dropped in one statement. */
export interface Completions {
  /** Drops these jobs within a moment. Should the program end before, they are run once more. */
  add(keys: readonly string[]): void
  /** Drops what was gathered now. */
  flush(): Promise<void>
}

const GATHER_MS = 100
const GATHER_LIMIT = 1000

export function gatherCompletions(
  remove: (keys: readonly string[]) => Promise<void>,
  onError: (error: unknown) => void,
): Completions {
  let gathered: string[] = []
  let timer: NodeJS.Timeout | undefined

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const keys = gathered
    gathered = []
    // Jobs that are not dropped are run again, which their tasks allow.
    if (keys.length > 0) await remove(keys).catch(onError)
  }

  return {
    add(keys) {
      gathered.push(...keys)
      if (gathered.length >= GATHER_LIMIT) void flush()
      else timer ??= setTimeout(() => void flush(), GATHER_MS)
    },
    flush,
  }
}

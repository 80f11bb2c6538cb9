import type { Logger } from 'pino'

/** Something that is to be written down after its answer. */
export interface DeferredTask {
  /** For the log. */
  readonly what: string
  /** May be called again after it failed, also when it was done all the same. */
  run(): Promise<void>
  /** What is not done by then is not done any more. */
  readonly until: Date
  /** Told when it waits no more: it is done, or dropped. */
  readonly onEnd?: () => void
}

/** Work that nobody waits for, one after the other; it waits itself as long as the database takes no writes. */
export interface DeferredWork {
  /** When too much waits already it is dropped. */
  add(task: DeferredTask): void
  /** Resolves when nothing is left to do, or when what is left cannot be done now. */
  settle(): Promise<void>
}

export function createDeferredWork({
  now,
  canWrite,
  isWorthAnotherTry,
  log,
  limit = 10_000,
  pauseMs = 500,
}: {
  readonly now: () => Date
  /** Whether it makes sense to try. */
  readonly canWrite: () => boolean
  /** Whether this failure passes by itself. */
  readonly isWorthAnotherTry: (error: unknown) => boolean
  readonly log: Logger
  /** So many tasks wait at most. */
  readonly limit?: number
  readonly pauseMs?: number
}): DeferredWork {
  const waiting: DeferredTask[] = []
  let running: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isToldOf = false

  function start(): void {
    running ??= work().finally(() => {
      running = undefined
      if (waiting.length > 0) timer ??= setTimeout(again, pauseMs).unref()
    })
  }

  function again(): void {
    timer = undefined
    start()
  }

  /** Ends when nothing is left, or when the database takes no writes. */
  async function work(): Promise<void> {
    for (let task = waiting[0]; task && canWrite(); task = waiting[0]) {
      if (task.until > now() && !(await isDone(task))) return
      waiting.shift()
      task.onEnd?.()
    }
  }

  /** False when it is to be tried again later. */
  async function isDone(task: DeferredTask): Promise<boolean> {
    try {
      await task.run()
    } catch (error) {
      if (isWorthAnotherTry(error)) return false
      log.error({ err: error, what: task.what }, 'what was put off could not be done')
    }
    return true
  }

  return {
    add(task) {
      if (waiting.length >= limit) {
        // Once, or a flood of requests would be one of the log as well.
        if (!isToldOf) log.error({ what: task.what }, 'too much was put off: some of it is not done any more')
        isToldOf = true
        task.onEnd?.()
        return
      }
      isToldOf = false
      waiting.push(task)
      if (timer === undefined) start()
    },
    async settle() {
      await running
      clearTimeout(timer)
      timer = undefined
      start()
      await running
      clearTimeout(timer)
      timer = undefined
    },
  }
}

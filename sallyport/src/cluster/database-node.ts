import { createBackOff } from './back-off.ts'
import { type Member, MemberFailed, type MemberState } from './member.ts'

/** A PostgreSQL that runs. */
export interface RunningServer {
  /** Another one after it was made afresh. */
  readonly pid: number | undefined
  stop(): Promise<void>
}

export interface DatabaseNodeOptions {
  readonly name: string
  /** How its databases are reached, also while it does not run. */
  readonly url: () => string
  /** Starts the server. @param onLost to be called when it is lost while it is not being stopped */
  readonly start: (onLost: (error: Error) => void) => Promise<RunningServer>
  /** Has a start under way given up, where that may take long. */
  readonly interrupt?: () => void
  readonly onProgress: (step: string) => void
  readonly onChange: () => void
}

/** A PostgreSQL of the cluster, which is started again when it ends by itself. */
export function databaseNode(options: DatabaseNodeOptions): Member {
  const { name, url, start, interrupt, onProgress, onChange } = options
  const backOff = createBackOff()
  let state: MemberState = 'stopped'
  let isWanted = false
  let server: RunningServer | undefined
  let restart: NodeJS.Timeout | undefined
  let began = 0
  /** What is done with the server is done one after another. */
  let work: Promise<unknown> = Promise.resolve()

  function become(next: MemberState): void {
    state = next
    onChange()
  }

  function afterwards(step: () => Promise<void>): Promise<void> {
    const result = work.then(step)
    work = result.catch(() => undefined)
    return result
  }

  async function launch(): Promise<void> {
    if (state === 'running' || !isWanted) return
    become('starting')
    began = performance.now()
    try {
      server = await start(comeBack)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      comeBack(new Error(reason))
      throw new MemberFailed(`${name} does not start: ${reason}`, { cause: error })
    }
    // Lost already in the last step of its start.
    if (state !== 'starting') throw new MemberFailed(`${name} was lost as soon as it had started`)
    become('running')
  }

  function comeBack({ message }: Error): void {
    server = undefined
    if (!isWanted || state === 'waiting') return
    const delayMs = backOff.next(performance.now() - began)
    onProgress(`${name} is started again in ${delayMs / 1000} s: ${message}`)
    restart = setTimeout(() => void afterwards(launch).catch(() => undefined), delayMs)
    become('waiting')
  }

  return {
    name,
    get url() {
      return url()
    },
    get state() {
      return state
    },
    get pid() {
      return server?.pid
    },
    start() {
      isWanted = true
      clearTimeout(restart)
      return afterwards(launch)
    },
    stop() {
      isWanted = false
      clearTimeout(restart)
      if (state === 'starting') interrupt?.()
      return afterwards(async () => {
        if (state === 'stopped') return
        become('stopping')
        await server?.stop()
        server = undefined
        become('stopped')
      })
    },
  }
}

import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SocketConnection } from '../connection.ts'
import { type EmbeddedStandby, embeddedStandby } from './standby.ts'

export interface KeptStandbysOptions {
  /** SALLYPORT_DATA, as of the primary, which was started with `hasStandbys`. */
  readonly dataDirectory: string
  /** They are called `secondary-1` and so on. */
  readonly count: number
  readonly onProgress?: (step: string) => void
  readonly settings?: Readonly<Record<string, string>>
}

/** Standbys of the embedded PostgreSQL that are started again whenever they are lost. */
export interface KeptStandbys {
  /** How a service reads its database on each of them. */
  connections(service: string): readonly SocketConnection[]
  /** Makes one afresh, as when something in it turned out to be damaged. Does nothing for a name that is not theirs. */
  renew(name: string): void
  /** Stops them all. To be called before the primary is stopped. */
  stop(): Promise<void>
}

const START_AGAIN_AFTER_MS = 100
/** After a start that failed, as while there is no primary to be made of. */
const TRY_AGAIN_AFTER_MS = 1_000

/** Starts standbys, in the background: whoever is not there yet is passed over by reads. */
export async function keepStandbys(options: KeptStandbysOptions): Promise<KeptStandbys> {
  const { count, onProgress = () => undefined } = options
  const kept = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const name = `secondary-${index + 1}`
      const ending = new AbortController()
      const losses = new EventEmitter()
      const standby = await embeddedStandby({ ...options, name, onLost: () => losses.emit('lost') })
      return { standby, ending, running: keep(standby, losses, onProgress, ending.signal) }
    }),
  )
  return {
    connections: (service) => kept.map(({ standby }) => standby.connection(service)),
    renew(name) {
      const damaged = kept.find(({ standby }) => standby.name === name)?.standby
      if (!damaged) return
      // One that is being started is made afresh after that.
      onProgress(`${name} is damaged and is made afresh`)
      damaged.renew().catch((error: unknown) => onProgress(`${name} could not be made afresh: ${String(error)}`))
    },
    async stop() {
      for (const { ending } of kept) ending.abort()
      await Promise.all(kept.map(({ running }) => running))
      await Promise.all(kept.map(({ standby }) => standby.stop()))
    },
  }
}

/** Starts it, waits until it is lost, and starts it again, until all ends. */
async function keep(
  standby: EmbeddedStandby,
  losses: EventEmitter,
  onProgress: (step: string) => void,
  ending: AbortSignal,
): Promise<void> {
  const untilEnding = () => undefined
  while (!ending.aborted) {
    const lost = once(losses, 'lost', { signal: ending }).catch(untilEnding)
    let pauseMs = START_AGAIN_AFTER_MS
    try {
      await standby.start()
      await lost
      if (!ending.aborted) onProgress(`${standby.name} was lost and is started again`)
    } catch (error) {
      if (!ending.aborted) onProgress(`${standby.name} does not start: ${String(error)}`)
      pauseMs = TRY_AGAIN_AFTER_MS
    }
    await sleep(pauseMs, undefined, { signal: ending }).catch(untilEnding)
  }
}

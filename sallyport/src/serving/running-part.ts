import type { Metrics, Service } from '@sallyport/service'
import type { Logger } from 'pino'
import type { FirstAdministrator } from '../data-directory/first-administrator.ts'
import type { Databases } from '../databases.ts'
import type { OwnService } from '../own-services/own-services.ts'
import type { Platform } from '../platform.ts'

/** One part, running in this process; the others are somewhere else. */
export interface RunningPart {
  /** What it listens on, by name: its own port, or the doors. */
  readonly addresses: Readonly<Record<string, string>>
  /** Who administers; known to identity alone. */
  readonly administrator?: FirstAdministrator
  /** What the doors lead to of the user's own. */
  readonly ownServices?: readonly OwnService[]
  stop(): Promise<void>
}

/** What a service is started with. */
export interface PartsOfService {
  readonly platform: Platform
  readonly databases: Databases
  readonly metrics: Metrics
  readonly log: Logger
  /** Aborts when the program is told to stop, also in the middle of the start. */
  readonly stopping?: AbortSignal
}

/** A service that works, and who administers where that is known. */
export interface StartedService {
  readonly service: Service
  readonly administrator?: FirstAdministrator
  /** Goes on until what the start has put off is done. */
  readonly catchingUp?: { stop(): void }
}

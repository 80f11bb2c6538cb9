import type { IncomingMessage } from 'node:http'
import type { Dialect } from '@sallyport/contracts'
import type { Failure } from '@sallyport/service'
import type { DoorResponse } from '../door-response.ts'

/** What becomes of a request's body. */
export interface BodyPolicy {
  /** Without, the body is dropped, whatever the client sent. */
  readonly taken: boolean
  readonly limitBytes: number
}

export interface Dispatch {
  readonly request: IncomingMessage
  readonly response: DoorResponse
  readonly body: BodyPolicy
  /** Words for an upstream that is not there. */
  readonly dialect: Dialect
  /** Where it is written down which instance had it last. */
  readonly record: { instance?: string }
}

/**
 * The turn of an instance, for a connection that is passed through as it is. Whoever has it says once how it went: other
 * turns depend on it.
 */
export interface Turn {
  /** Such as `gacha.2`. */
  readonly instance: string
  /** Such as `http://127.0.0.1:9090`. */
  readonly url: string
  answered(): void
  failed(failure: Failure): void
  /** The client went away before there was an answer. */
  abandoned(): void
}

/** Brings a request to a service and its answer back. */
export interface Dispatcher {
  dispatch(dispatch: Dispatch): void
  /** The instance whose turn it is: none when all are out, or when the service is in this process. */
  turn(): Turn | undefined
  /** Whether each of its instances is called, by its name; none when the service is in this process. */
  instances(): Readonly<Record<string, 'called' | 'passed over'>>
  close(): Promise<void>
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect } from '@sallyport/contracts'

/** What becomes of a request's body. */
export interface BodyPolicy {
  /** Without, the body is dropped, whatever the client sent. */
  readonly taken: boolean
  readonly limitBytes: number
}

export interface Dispatch {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly body: BodyPolicy
  /** Words for an upstream that is not there. */
  readonly dialect: Dialect
}

/** Brings a request to a service and its answer back. */
export interface Dispatcher {
  dispatch(dispatch: Dispatch): void
  close(): Promise<void>
}

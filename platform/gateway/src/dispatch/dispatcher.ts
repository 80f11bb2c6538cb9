import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Dialect, Route } from '@sallyport/contracts'

export interface Dispatch {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly route: Route
  /** Words for an upstream that is not there. */
  readonly dialect: Dialect
}

/** Brings a request to a service and its answer back. */
export interface Dispatcher {
  dispatch(dispatch: Dispatch): void
  close(): Promise<void>
}

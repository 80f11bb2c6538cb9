import { type TSchema, Type, type TUnsafe } from 'typebox'

/** One event of a stream (HTML Living Standard §9.2). */
export interface ServerSentEvent {
  readonly event: string
  /** Goes through JSON. */
  readonly data: unknown
}

/** What a route answers with whose answer goes on: listeners are told of every event until they leave. */
export interface EventSource {
  /** Calls back with what there is now and, until the returned function is called, with everything that comes. */
  subscribe(listener: (event: ServerSentEvent) => void): () => void
}

const mark = 'x-event-stream'

/** The answer of a route that streams events; what they hold is for readers of the description. */
export function eventStream(events: Readonly<Record<string, TSchema>>): TUnsafe<EventSource> {
  return Type.Unsafe<EventSource>({ [mark]: events })
}

export function isEventStream(schema: TSchema): boolean {
  return Object.hasOwn(schema, mark)
}

import { inject } from 'vitest'

/** One event that a stream brought. */
export interface StreamedEvent {
  readonly event: string
  readonly data: unknown
}

/** A stream that is being read. */
export interface EventReader {
  readonly response: Response
  /** Everything that has come so far. */
  readonly events: readonly StreamedEvent[]
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>
  /** Leaves. */
  close(): void
}

/** Asks for the events of the market, and reads on in the background. */
export async function watchMarket(token: string): Promise<EventReader> {
  const leaving = new AbortController()
  const response = await fetch(`${inject('sallyportAddresses').public}/v1/auction/events`, {
    headers: { authorization: `Bearer ${token}` },
    signal: leaving.signal,
  })
  const events: StreamedEvent[] = []
  return { response, events, ended: read(response, events).catch(() => undefined), close: () => leaving.abort() }
}

async function read({ body }: Response, events: StreamedEvent[]): Promise<void> {
  if (!body) return
  let text = ''
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split('\n\n')
    text = blocks.pop() ?? ''
    for (const block of blocks) {
      const field = (name: string): string | undefined =>
        block
          .split('\n')
          .find((line) => line.startsWith(`${name}: `))
          ?.slice(name.length + 2)
      const [event, data] = [field('event'), field('data')]
      if (event !== undefined && data !== undefined) events.push({ event, data: JSON.parse(data) })
    }
  }
}

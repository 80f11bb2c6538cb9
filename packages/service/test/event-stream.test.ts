import type { EventSource } from '@sallyport/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { streamEvents } from '../src/event-stream.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
afterEach(() => void vi.useRealTimers())

it('a stream of somebody who may hear no more ends as a whole, whatever happens before its end was read', async () => {
  const listeners = new Set<Parameters<EventSource['subscribe']>[0]>()
  const source: EventSource = {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const tell = (n: number): void => {
    for (const listener of listeners) listener({ event: 'bid', data: { n } })
  }
  const stream = streamEvents(source, async () => false)
  const errors: unknown[] = []
  stream.on('error', (error) => errors.push(error))
  tell(1)
  await vi.advanceTimersByTimeAsync(1000)
  tell(2)
  await vi.advanceTimersByTimeAsync(60_000)
  const chunks: unknown[] = []
  for await (const chunk of stream) chunks.push(chunk)
  expect(Buffer.concat(chunks.filter((chunk) => Buffer.isBuffer(chunk))).toString()).toMatch(
    /^retry: 2000\n\nevent: bid\ndata: \{"n":1\}\n\n$/,
  )
  expect(errors).toEqual([])
})

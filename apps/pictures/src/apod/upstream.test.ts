import { createServer } from 'node:http'
import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { fetchRecord } from './upstream.ts'

it('S-53 S-51 gives up on an upstream that is silent, and keeps the key to itself', async () => {
  const silent = createServer(() => undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  silent.listen(0, '127.0.0.1', resolve)
  await promise
  onTestFinished(() => {
    silent.closeAllConnections()
    silent.close()
  })
  const address = silent.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) })
  const asking = fetchRecord({ url: `http://127.0.0.1:${port}/apod`, key: 'operators-secret-key', timeoutMs: 50 }, log)
  await expect(asking).rejects.toMatchObject({ name: 'UpstreamFailed', how: 'late' })
  expect(lines.join('')).not.toContain('operators-secret-key')
})

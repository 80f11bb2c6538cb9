import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import type { PlannedPart } from './plan.ts'
import { untilReady } from './until-ready.ts'

/** A part that answers these statuses by path, one after the other, and the last one from then on. */
async function part(name: 'gateway' | 'wallet', answers: Record<string, number[]>): Promise<PlannedPart> {
  const server = createServer(({ url = '' }, response) => {
    const statuses = answers[url] ?? [404]
    response.writeHead((statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 500).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  return { name, part: name, instance: 1, port: address.port }
}

it('a cluster is open once every part is ready, and the gateway has the keys of identity', async () => {
  const health = [503, 503, 200]
  const keys = [503, 503, 503, 503, 200]
  const parts = [
    await part('wallet', { '/health/ready': health }),
    await part('gateway', { '/health/ready': [200], '/.well-known/jwks.json': keys }),
  ]
  expect(await untilReady(parts, new AbortController().signal)).toEqual([])
  expect([health, keys]).toEqual([[200], [200]])
})

it('a part that has other reasons not to be ready is named, and not waited for any longer', async () => {
  const parts = [await part('wallet', { '/health/ready': [503] }), { ...(await part('gateway', {})), port: 1 }]
  expect(await untilReady(parts, new AbortController().signal, 1)).toEqual(['wallet', 'gateway'])
})

it('a cluster that is stopped meanwhile does not wait', async () => {
  const ending = new AbortController()
  const waiting = untilReady([await part('wallet', { '/health/ready': [503] })], ending.signal)
  ending.abort(new Error('stopped'))
  await expect(waiting).rejects.toThrow('stopped')
})

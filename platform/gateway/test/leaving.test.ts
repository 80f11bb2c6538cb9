import { request } from 'node:http'
import { systemClock } from '@sallyport/kernel'
import { emptyMetrics } from '@sallyport/service'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createGateway } from '../src/index.ts'
import { authentication, countingAlone, shop } from './support.ts'

it('a client that leaves while its key is asked about is not sent to a service: nobody would end that call', async () => {
  const logged: string[] = []
  let asked = 0
  let dispatched = 0
  const exchange = Promise.withResolvers<undefined>()
  const gateway = await createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: 0 })
  gateway.open({
    trustedProxies: [],
    contracts: [shop],
    dispatchers: new Map([
      [
        'shop',
        {
          dispatch: () => void (dispatched += 1),
          turn: () => undefined,
          instances: () => ({}),
          close: async () => undefined,
        },
      ],
    ]),
    authentication,
    keys: { sign: async () => '' },
    credentialFor: () => 'credential',
    keyIssuer: {
      async exchange() {
        asked += 1
        await exchange.promise
        return { id: 'one', token: 'good', expiresAtMs: Date.now() + 60_000, networks: [] }
      },
      admitGuest: async () => Promise.reject(new Error('there are no guests here')),
      recordUses: async () => undefined,
    },
    quotas: countingAlone(),
    tokens: { tokenFor: () => '' },
    otherIssuers: new Map(),
    clock: systemClock,
    readiness: async () => ({ shop: 'ready' }),
    metrics: emptyMetrics(),
    log: pino({ level: 'info' }, { write: (line: string) => void logged.push(line) }),
    publicOrigin: 'https://sallyport.test',
  })
  const call = () =>
    request(`${gateway.addresses.public}/own/thing`, { headers: { 'x-api-key': 'k'.repeat(40) }, agent: false })

  const leaving = call()
  leaving.on('error', () => undefined)
  leaving.end()
  await expect.poll(() => asked).toBe(1)
  leaving.destroy()
  // The door has noticed when it writes down how the request ended.
  await expect.poll(() => logged.length).toBe(1)
  exchange.resolve(undefined)
  const staying = call()
  staying.on('error', () => undefined)
  staying.end()
  await expect.poll(() => dispatched).toBe(1)
  staying.destroy()
  await gateway.close(0)
})

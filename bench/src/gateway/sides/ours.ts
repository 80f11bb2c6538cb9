import {
  createBalancingMetrics,
  createGateway,
  createQuotas,
  inProcessDispatcher,
  overHttpDispatcher,
} from '@sallyport/gateway'
import { systemClock } from '@sallyport/kernel'
import { createMetrics } from '@sallyport/service'
import { shop } from '../shop.ts'
import { issuerName } from '../tokens.ts'
import { announce, readOptions } from './options.ts'
import { createShop, log } from './shop-service.ts'
import { verification } from './verification.ts'

const { upstream, publicJwk, token = '' } = readOptions()
const authentication = await verification(publicJwk)
const metrics = createMetrics()
const dispatcher =
  upstream === undefined
    ? inProcessDispatcher(await createShop(authentication))
    : overHttpDispatcher({ service: 'shop', urls: [upstream], metrics: createBalancingMetrics(metrics), log })
const never = async (): Promise<never> => {
  throw new Error('not needed by the routes that are measured')
}
const gateway = await createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: 0 })
gateway.open({
  contracts: [shop],
  dispatchers: new Map([['shop', dispatcher]]),
  authentication,
  credentialFor: () => '',
  keyIssuer: {
    exchange: async (digest) => ({ id: digest, token, expiresAtMs: Date.now() + 300_000, networks: [] }),
    admitGuest: never,
    recordUses: async () => undefined,
  },
  clock: systemClock,
  metrics,
  readiness: async () => ({}),
  log,
  trustedProxies: [],
  publicOrigin: issuerName,
  // Nothing is counted, signed or told to strangers by the routes that are measured.
  quotas: createQuotas({ store: { take: never, ping: never, close: never }, clock: systemClock, log }),
  keys: { sign: never },
  tokens: { tokenFor: () => '' },
  otherIssuers: new Map(),
})
announce(gateway.addresses.public)

/** For who looks at what is left when everything was forgotten that can be. */
process.on('message', () => void tellMemory())

async function tellMemory(): Promise<void> {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  const [open, heldUpstream] = await Promise.all(
    ['sallyport_gateway_connections', 'sallyport_upstream_calls'].map(sumOf),
  )
  process.send?.({ rssMb: rss / 1e6, heapMb: heapUsed / 1e6, open, heldUpstream })
}

async function sumOf(name: string): Promise<number> {
  const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] }
  return values.reduce((sum, { value }) => sum + value, 0)
}

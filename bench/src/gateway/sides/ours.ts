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
  keyIssuer: {
    exchange: async (digest) => ({ id: digest, token, expiresAtMs: Date.now() + 300_000, networks: [] }),
    recordUses: async () => undefined,
  },
  clock: systemClock,
  metrics,
  readiness: async () => ({}),
  log,
  trustedProxies: [],
  publicOrigin: 'http://localhost:8080',
  // Nothing is counted, signed or told to strangers by the routes that are measured.
  quotas: createQuotas({ store: { take: never, ping: never, close: never }, clock: systemClock, log }),
  keys: { sign: never },
  tokens: { tokenFor: () => '' },
  otherIssuers: new Map(),
})
announce(gateway.addresses.public)

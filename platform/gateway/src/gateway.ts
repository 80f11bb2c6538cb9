import type { ServiceContract } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import type { Authentication, Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { type ApiKeyGate, createApiKeyGate } from './api-keys/api-key-gate.ts'
import type { KeyIssuer } from './api-keys/issuer.ts'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import { createDoor } from './door.ts'
import { onceASecond, type Readiness } from './health.ts'
import { type ConnectionLimits, type Handler, listen, type Listener } from './listening/listener.ts'
import { redirectTo } from './listening/redirect.ts'
import { createDoorMetrics } from './metrics/door-metrics.ts'
import type { OtherIssuers } from './outside/callers.ts'
import { originReader, proxyTest } from './request-origin.ts'
import { checkQuotas } from './quotas/quota-plan.ts'
import type { Quotas } from './quotas/quotas.ts'
import { StreamPlaces } from './policy/stream-places.ts'
import { RouteTable } from './route-table.ts'
import type { GatewayKeys } from './signing/gateway-keys.ts'
import type { TokenMaker } from './signing/token-maker.ts'
import type { Certificate } from './tls/certificate.ts'
import { type TunnelLimits, Tunnels } from './upgrades/tunnels.ts'

export interface GatewayOptions {
  readonly host: string
  /** 0 means any free one. */
  readonly publicPort: number
  readonly adminPort: number
  /** With one both doors speak TLS, and nothing else. */
  readonly certificate?: Certificate | undefined
  /** Where who comes without TLS is sent to the public door. */
  readonly redirectPort?: number | undefined
  readonly connections?: Partial<ConnectionLimits>
  readonly tunnels?: TunnelLimits
}

export interface GatewayParts {
  readonly contracts: readonly ServiceContract[]
  /** The way to each service, by its name. */
  readonly dispatchers: ReadonlyMap<string, Dispatcher>
  readonly authentication: Authentication
  /** Whose tokens count at services outside the platform besides its own. */
  readonly otherIssuers: OtherIssuers
  /** Who knows API keys. */
  readonly keyIssuer: KeyIssuer
  /** Where calls are counted. It is closed by whoever made it. */
  readonly quotas: Quotas
  /** What the gateway proves itself with to a service whose answers it signs, by the name of the service. */
  readonly credentialFor: (service: string) => string
  /** What the gateway signs with. */
  readonly keys: Pick<GatewayKeys, 'sign'>
  /** Makes the tokens that services outside the platform are told of their callers with. */
  readonly tokens: TokenMaker
  readonly clock: Clock
  readonly readiness: Readiness
  /** What the admin door shows of this process. */
  readonly metrics: Metrics
  readonly log: Logger
  /** Addresses and networks of proxies that are believed who the client is. */
  readonly trustedProxies: readonly string[]
  /** Where the installation is, such as `https://sallyport.test`: its host is the `Host` that services see, whatever the client says. */
  readonly publicOrigin: string
}

export interface Gateway {
  /** Where the doors are. They answer 503 until they are opened. */
  readonly addresses: { readonly public: string; readonly admin: string; readonly redirect?: string }
  open(parts: GatewayParts): void
  /** Shows this certificate from the next connection on; connections that are open stay. */
  useCertificate(certificate: Certificate): void
  /** Closes the doors, lets the requests under way finish, at most so long, and lets go of the services. */
  close(graceMs: number): Promise<void>
}

/** Takes the addresses of the doors, so that a port that cannot be had is known before anything else is started. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const listeners = await listenAll(options)
  const { publicDoor, adminDoor, redirect } = listeners
  const tunnels = new Tunnels(options.tunnels)
  const streams = new StreamPlaces()
  let dispatchers: readonly Dispatcher[] = []
  let apiKeys: ApiKeyGate | undefined

  return {
    addresses: { public: publicDoor.url, admin: adminDoor.url, ...(redirect && { redirect: redirect.url }) },
    open(parts) {
      checkQuotas(parts.contracts)
      const readiness = onceASecond(parts.readiness)
      const originOf = originReader(parts.trustedProxies)
      const isProxy = proxyTest(parts.trustedProxies)
      const { host, origin: ownOrigin } = new URL(parts.publicOrigin)
      const { keyIssuer: issuer, authentication, clock, log } = parts
      const gate = createApiKeyGate({ issuer, authentication, clock, log })
      apiKeys = gate
      const countsAt = createDoorMetrics(parts.metrics, {
        connections: (name) => (name === 'admin' ? adminDoor : publicDoor).openConnections(),
        tunnels: () => tunnels.size,
      })
      const door = (name: 'public' | 'admin'): Handler =>
        createDoor({
          ...parts,
          readiness,
          originOf,
          isProxy,
          tunnels,
          streams,
          apiKeys: gate,
          name,
          counts: countsAt(name),
          host,
          ownOrigin,
          routes: new RouteTable(parts.contracts, name),
        })
      dispatchers = [...parts.dispatchers.values()]
      publicDoor.answerWith(door('public'))
      adminDoor.answerWith(door('admin'))
      redirect?.answerWith(redirectTo(host))
    },
    useCertificate(certificate) {
      publicDoor.useCertificate(certificate)
      adminDoor.useCertificate(certificate)
    },
    async close(graceMs) {
      tunnels.end()
      await closeAll(Object.values(listeners), graceMs)
      await apiKeys?.close()
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()))
    },
  }
}

interface Listeners {
  readonly publicDoor: Listener
  readonly adminDoor: Listener
  readonly redirect?: Listener
}

async function listenAll(options: GatewayOptions): Promise<Listeners> {
  const { host, publicPort, adminPort, redirectPort, certificate, connections: limits = {} } = options
  const taken: Listener[] = []
  const take = async (...listener: Parameters<typeof listen>): Promise<Listener> => {
    const one = await listen(...listener)
    taken.push(one)
    return one
  }
  try {
    const publicDoor = await take('public door', { host, port: publicPort, certificate, limits })
    const adminDoor = await take('admin door', { host, port: adminPort, certificate, limits })
    if (redirectPort === undefined) return { publicDoor, adminDoor }
    return { publicDoor, adminDoor, redirect: await take('redirect to https', { host, port: redirectPort, limits }) }
  } catch (error) {
    await closeAll(taken, 0)
    throw error
  }
}

async function closeAll(listeners: readonly Listener[], graceMs: number): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close(graceMs)))
}

import type { ServiceContract } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import type { Authentication, Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { type ApiKeyGate, createApiKeyGate } from './api-keys/api-key-gate.ts'
import type { KeyIssuer } from './api-keys/issuer.ts'
import type { Dispatcher } from './dispatch/dispatcher.ts'
import { createDoor, type RequestHandler } from './door.ts'
import { onceASecond, type Readiness } from './health.ts'
import { listen } from './listener.ts'
import { originReader } from './request-origin.ts'
import { RouteTable } from './route-table.ts'

export interface GatewayAddresses {
  readonly host: string
  /** 0 means any free port. */
  readonly publicPort: number
  readonly adminPort: number
}

export interface GatewayParts {
  readonly contracts: readonly ServiceContract[]
  /** The way to each service, by its name. */
  readonly dispatchers: ReadonlyMap<string, Dispatcher>
  readonly authentication: Authentication
  /** Who knows API keys. */
  readonly keyIssuer: KeyIssuer
  readonly clock: Clock
  readonly readiness: Readiness
  /** What the admin door shows of this process. */
  readonly metrics: Metrics
  readonly log: Logger
  /** Addresses and networks of proxies that are believed who the client is. */
  readonly trustedProxies: readonly string[]
  /** The `Host` that services see, whatever the client says. */
  readonly publicHost: string
}

export interface Gateway {
  /** Where the doors are. They answer 503 until they are opened. */
  readonly addresses: { readonly public: string; readonly admin: string }
  open(parts: GatewayParts): void
  /** Closes the doors, lets the requests under way finish, at most so long, and lets go of the services. */
  close(graceMs: number): Promise<void>
}

/** Takes the addresses of both doors, so that a port that cannot be had is known before anything else is started. */
export async function createGateway({ host, publicPort, adminPort }: GatewayAddresses): Promise<Gateway> {
  const publicDoor = await listen('public', { host, port: publicPort })
  const adminDoor = await listen('admin', { host, port: adminPort }).catch(async (error: unknown) => {
    await publicDoor.close(0)
    throw error
  })
  let dispatchers: readonly Dispatcher[] = []
  let apiKeys: ApiKeyGate | undefined

  return {
    addresses: { public: publicDoor.url, admin: adminDoor.url },
    open(parts) {
      const readiness = onceASecond(parts.readiness)
      const originOf = originReader(parts.trustedProxies)
      const { keyIssuer: issuer, authentication, clock, log } = parts
      const gate = createApiKeyGate({ issuer, authentication, clock, log })
      apiKeys = gate
      const door = (name: 'public' | 'admin'): RequestHandler =>
        createDoor({
          ...parts,
          readiness,
          originOf,
          apiKeys: gate,
          name,
          host: parts.publicHost,
          routes: new RouteTable(parts.contracts, name),
        })
      dispatchers = [...parts.dispatchers.values()]
      publicDoor.answerWith(door('public'))
      adminDoor.answerWith(door('admin'))
    },
    async close(graceMs) {
      await Promise.all([publicDoor.close(graceMs), adminDoor.close(graceMs)])
      await apiKeys?.close()
      await Promise.all(dispatchers.map((dispatcher) => dispatcher.close()))
    },
  }
}

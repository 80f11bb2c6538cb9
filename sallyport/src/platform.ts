import { type Call, createClient } from '@sallyport/contracts'
import { type Clock, systemClock } from '@sallyport/kernel'
import {
  type Authentication,
  accountIssuer,
  createAuthentication,
  createServiceCredential,
  createServiceIdentification,
  type KeySource,
  type PublicJwk,
  RevocationList,
  type RevocationRelay,
  type RevocationSource,
  type Service,
  signedClaimsIssuer,
  httpTransport,
  localTransport,
} from '@sallyport/service'
import type { Logger } from 'pino'
import { publicServiceKey, serviceKey } from './data-directory/service-keys.ts'
import { partNames, type PartName } from './settings/parts.ts'
import { InvalidSettings, type Settings } from './settings/settings.ts'
import { createIssuers } from './token-issuers.ts'

/** How the parts of this process reach one another and those of other processes. */
export interface Platform {
  readonly clock: Clock
  readonly issuer: string
  /** What a part uses to tell who is calling it. */
  authenticationOf(part: PartName): Required<Authentication>
  /** How one part calls another. */
  clientFor(caller: PartName, callee: PartName): Promise<Call>
  /** What one part proves itself with to others, by their names. */
  credentialsOf(caller: PartName): Promise<(callee: string) => string>
  /** The public keys of account tokens, as they were heard last. @throws {KeysUnavailable} */
  accountKeys(): readonly PublicJwk[]
  /** For how long nothing was heard of revocations, in milliseconds. */
  silentMs(): number
  /** Makes a service of this process known to the others of it. */
  admit(service: Service): void
  /** Tells where the issuers' keys and the revocations come from, and starts to listen. */
  follow(source: {
    readonly keys: KeySource
    /** The gateway's, for the parts that take the claims it has signed. */
    readonly gatewayKeys?: KeySource
    readonly revocations: RevocationSource
    /** Whoever hands on to others what was revoked. */
    readonly relay?: RevocationRelay
  }): Promise<void>
  close(): Promise<void>
}

/** The services of this process are called directly; others by their addresses in the settings. */
export function createPlatform(settings: Settings, issuer: string, log: Logger): Platform {
  const clock = systemClock
  const { dataDirectory, partUrls } = settings
  const revocations = new RevocationList(clock)
  const local = new Map<string, Service>()
  const closing: (() => void | Promise<void>)[] = []
  const { accountKeys, gatewayKeys } = createIssuers(settings, issuer, clock)

  return {
    clock,
    issuer,
    authenticationOf: (part) =>
      createAuthentication({
        issuers: { identity: accountIssuer(accountKeys.keys), gateway: signedClaimsIssuer(gatewayKeys.keys) },
        revocations,
        failClosedSeconds: settings.tokens.failClosedSeconds,
        identifyService: createServiceIdentification({
          audience: part,
          callers: partNames.filter((name) => name !== part),
          keyOf: (service) => publicServiceKey(dataDirectory, service),
          clock,
        }),
      }),
    async clientFor(caller, callee) {
      const credential = createServiceCredential(await serviceKey(dataDirectory, caller), callee, clock)
      const urls = partUrls[callee]
      if (urls === undefined) {
        const service = (): Service => {
          const found = local.get(callee)
          if (!found) {
            throw new InvalidSettings(`SALLYPORT_URL_${callee.toUpperCase()} is needed: ${caller} calls ${callee}`)
          }
          return found
        }
        return createClient({ transport: localTransport(service), credential })
      }
      const transport = httpTransport(urls)
      closing.push(() => transport.close())
      return createClient({ transport, credential })
    },
    async credentialsOf(caller) {
      const key = await serviceKey(dataDirectory, caller)
      const credentials = new Map<string, () => string>(
        partNames.map((callee) => [callee, createServiceCredential(key, callee, clock)]),
      )
      return (callee) => {
        const credential = credentials.get(callee)
        if (!credential) throw new TypeError(`there is no part ${callee} to call`)
        return credential()
      }
    },
    accountKeys: () => accountKeys.keys.published(),
    silentMs: () => revocations.silentMs,
    admit: (service) => void local.set(service.name, service),
    async follow(source) {
      const following = [await accountKeys.follow(source.keys, log)]
      if (source.gatewayKeys) following.push(await gatewayKeys.follow(source.gatewayKeys, log))
      const subscription = await source.revocations.subscribe((news, silentMs) => {
        revocations.apply(news, silentMs)
        source.relay?.hear(news)
      })
      closing.push(...following.map((one) => () => one.stop()), () => subscription.stop())
    },
    async close() {
      for (const close of closing) await close()
    },
  }
}

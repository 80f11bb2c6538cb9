import { type Call, createClient, identity } from '@sallyport/contracts'
import { type Clock, systemClock } from '@sallyport/kernel'
import {
  type Authentication,
  createAuthentication,
  createKeySet,
  createServiceCredential,
  createServiceIdentification,
  type KeySource,
  platformAudience,
  type PublicJwk,
  RevocationList,
  type RevocationSource,
  type Service,
  httpTransport,
  localTransport,
} from '@sallyport/service'
import { tokenAlgorithms } from '@sallyport/identity'
import type { Logger } from 'pino'
import { publicServiceKey, serviceKey } from './data-directory/secrets.ts'
import { partNames, type PartName, type ServiceName } from './settings/parts.ts'
import { InvalidSettings, type Settings } from './settings/settings.ts'

/** How the parts of this process reach one another and those of other processes. */
export interface Platform {
  readonly clock: Clock
  readonly issuer: string
  /** What a part uses to tell who is calling it. */
  authenticationOf(part: PartName): Required<Authentication>
  /** How one part calls another. */
  clientFor(caller: PartName, callee: ServiceName): Promise<Call>
  /** The public keys of account tokens, as they were heard last. @throws {KeysUnavailable} */
  accountKeys(): readonly PublicJwk[]
  /** Makes a service of this process known to the others of it. */
  admit(service: Service): void
  /** Tells where the account tokens' keys and the revocations come from, and starts to listen. */
  follow(source: { readonly keys: KeySource; readonly revocations: RevocationSource }): Promise<void>
  close(): Promise<void>
}

/** However it is that no news of keys comes: after so many milliseconds they are fetched again. */
const keysPauseMs = 30_000

/** The services of this process are called directly; others by their addresses in the settings. */
export function createPlatform(settings: Settings, issuer: string, log: Logger): Platform {
  const clock = systemClock
  const { dataDirectory, serviceUrls } = settings
  const revocations = new RevocationList(clock)
  const local = new Map<string, Service>()
  const closing: (() => void | Promise<void>)[] = []
  let fetchKeys = async (): Promise<readonly PublicJwk[]> => []

  // One for all parts of the process: a token that the door has verified is not verified again behind it.
  const accountKeys = createKeySet({
    issuer,
    alias: identity.openIdIssuerOf(issuer),
    audience: platformAudience,
    algorithms: tokenAlgorithms,
    fetchKeys: () => fetchKeys(),
    clock,
  })

  return {
    clock,
    issuer,
    authenticationOf: (part) =>
      createAuthentication({
        accountKeys,
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
      const urls = serviceUrls[callee]
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
    accountKeys: () => accountKeys.published(),
    admit: (service) => void local.set(service.name, service),
    async follow(source) {
      fetchKeys = () => source.keys.fetch()
      const explain = (error: unknown): void => log.warn({ err: error }, 'the keys of account tokens are not there now')
      // Listening first and asking then: a change in between is heard.
      const watching = source.keys.watch((version) => accountKeys.catchUp(version))
      await accountKeys.refresh().catch(explain)
      const timer = setInterval(() => void accountKeys.refresh().catch(explain), keysPauseMs)
      const subscription = await source.revocations.subscribe((news) => revocations.apply(news))
      closing.push(
        () => watching.stop(),
        () => clearInterval(timer),
        () => subscription.stop(),
      )
    },
    async close() {
      for (const close of closing) await close()
    },
  }
}

import { gateway, identity } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import {
  createKeySet,
  type KeySet,
  type KeySetOptions,
  type KeySource,
  platformAudience,
  type PublicJwk,
} from '@sallyport/service'
import type { Logger } from 'pino'
import { InvalidSettings, type Settings } from './settings/settings.ts'

/** However it is that no news of keys comes: after so many milliseconds they are fetched again. */
const keysPauseMs = 30_000

/** The issuers of the platform, each with the keys that verify its tokens and nobody else's. @throws {InvalidSettings} */
export function createIssuers(settings: Settings, issuer: string, clock: Clock) {
  const openIdIssuer = identity.openIdIssuerOf(issuer)
  const { issuer: signedIssuer, audience } = settings.signedClaims
  if ([issuer, openIdIssuer, gateway.gatewayIssuerOf(issuer)].includes(signedIssuer)) {
    throw new InvalidSettings('SALLYPORT_GATEWAY_ISSUER is the name of another issuer here: choose one that is not')
  }
  // One for all parts of the process: a token that the door has verified is not verified again behind it.
  const accountKeys = createFollowingKeySet({
    issuer,
    alias: openIdIssuer,
    audience: platformAudience,
    algorithms: identity.tokenAlgorithms,
    clock,
  })
  const gatewayKeys = createFollowingKeySet({
    issuer: signedIssuer,
    audience,
    algorithms: ['RS256'],
    // Enrollment E-37.
    leewaySeconds: 1,
    clock,
  })
  return { accountKeys, gatewayKeys }
}

interface FollowingKeySet {
  readonly keys: KeySet
  /** Tells where the keys come from, and asks for them from now on. */
  follow(source: KeySource, log: Logger): Promise<{ stop(): void }>
}

function createFollowingKeySet(options: Omit<KeySetOptions, 'fetchKeys'>): FollowingKeySet {
  let fetchKeys = async (): Promise<readonly PublicJwk[]> => {
    throw new Error('this part does not follow the keys of this issuer')
  }
  const keys = createKeySet({ ...options, fetchKeys: () => fetchKeys() })
  return {
    keys,
    async follow(source, log) {
      fetchKeys = () => source.fetch()
      const explain = (error: unknown): void =>
        log.warn({ err: error, issuer: keys.issuer }, 'the keys of an issuer of tokens are not there now')
      // Listening first and asking then: a change in between is heard.
      const watching = source.watch((version) => keys.catchUp(version))
      await keys.refresh().catch(explain)
      const timer = setInterval(() => void keys.refresh().catch(explain), keysPauseMs)
      return {
        stop() {
          watching.stop()
          clearInterval(timer)
        },
      }
    },
  }
}

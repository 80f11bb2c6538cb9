import { systemClock } from '@sallyport/kernel'
import {
  accountIssuer,
  type Authentication,
  createAuthentication,
  createKeySet,
  platformAudience,
  type PublicJwk,
  RevocationList,
} from '@sallyport/service'
import { issuerName } from '../tokens.ts'

/** As the platform puts it together, with keys that are there already. */
export async function verification(publicJwk: PublicJwk): Promise<Authentication> {
  const clock = systemClock
  const accountKeys = createKeySet({
    issuer: issuerName,
    audience: platformAudience,
    algorithms: ['RS256'],
    fetchKeys: async () => [publicJwk],
    clock,
  })
  await accountKeys.refresh()
  const revocations = new RevocationList(clock)
  revocations.apply([])
  return createAuthentication({
    issuers: { identity: accountIssuer(accountKeys) },
    revocations,
    identifyService: async () => undefined,
  })
}

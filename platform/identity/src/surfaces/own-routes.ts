import { identity } from '@sallyport/contracts'
import { handle, type HandledRoute, keysVersion, ok } from '@sallyport/service'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'

/** What other processes have to hear: keys, and what was revoked. */
export function ownRoutes(parts: {
  readonly keys: Pick<SigningKeys, 'published'>
  readonly feed: RevocationFeed
}): HandledRoute[] {
  const { keys, feed } = parts
  return [
    handle(identity.readKeys, async () => ok({ keys: [...keys.published()] })),
    handle(identity.readRevocations, async ({ query }) => {
      const { feed: name, revocations, silentMs } = await feed.read(query.after)
      return ok({
        feed: name,
        revocations: [...revocations],
        ...(silentMs !== undefined && { silent_ms: Number.isFinite(silentMs) ? Math.round(silentMs) : null }),
        keys: keysVersion(keys.published()),
      })
    }),
  ]
}

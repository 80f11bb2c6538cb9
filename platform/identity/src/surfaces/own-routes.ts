import { identity } from '@sallyport/contracts'
import { handle, type HandledRoute, ok, type PublicJwk } from '@sallyport/service'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'

/** How long a verifier may keep the keys, in seconds: a new key is published before it signs. */
const keysMaxAgeSeconds = 300

/** The routes that are Sallyport's own: published keys, and the feed of revocations for other processes. */
export function ownRoutes(parts: { keys: () => readonly PublicJwk[]; feed: RevocationFeed }): HandledRoute[] {
  return [
    handle(identity.publishedKeys, async () =>
      ok({ keys: [...parts.keys()] }, { 'cache-control': `public, max-age=${keysMaxAgeSeconds}` }),
    ),
    handle(identity.readRevocations, async ({ query }) => ok({ revocations: await parts.feed.read(query.after) })),
  ]
}

import { identity } from '@sallyport/contracts'
import { handle, type HandledRoute, keysVersion, ok } from '@sallyport/service'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'
import { keysMaxAgeSeconds } from '../tokens/signing-key.ts'
import type { SigningKeys } from '../tokens/signing-keys.ts'

/** The routes that are Sallyport's own: published keys, and what other processes have to hear. */
export function ownRoutes(parts: {
  readonly keys: Pick<SigningKeys, 'published'>
  readonly feed: RevocationFeed
}): HandledRoute[] {
  const { keys, feed } = parts
  return [
    handle(identity.publishedKeys, async ({ headers: { 'if-none-match': known } }) => {
      const published = keys.published()
      const etag = `"${keysVersion(published)}"`
      const caching = { 'cache-control': `public, max-age=${keysMaxAgeSeconds}`, etag }
      if (namesTag(known, etag)) return { status: 304, body: null, headers: caching } as const
      return ok({ keys: [...published] }, caching)
    }),
    handle(identity.readRevocations, async ({ query }) => {
      const page = await feed.read(query.after)
      return ok({ feed: page.feed, revocations: [...page.revocations], keys: keysVersion(keys.published()) })
    }),
  ]
}

/** Whether `If-None-Match` names what would be sent; for this the strength of a tag does not matter (RFC 9110 §13.1.2). */
function namesTag(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes(etag) || tags.includes('*')
}

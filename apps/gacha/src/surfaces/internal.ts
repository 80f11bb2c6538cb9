import { gacha } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Collections } from '../collections/collections.ts'

/** What identity asks of gacha when accounts come and go; refusals are problem details. */
export function internalRoutes(collections: Collections): HandledRoute[] {
  return [
    handle(gacha.openCollection, async ({ params }) => ok({ state: await collections.open(params.uid) })),
    handle(gacha.closeCollection, async ({ params }) => {
      await collections.close(params.uid)
      return ok({ state: 'closed' })
    }),
  ]
}

import { auction } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Players } from '../players/players.ts'

/** What identity asks of auction when accounts come and go; refusals are problem details. */
export function internalRoutes(players: Players): HandledRoute[] {
  return [
    handle(auction.openPlayer, async ({ params }) => ok({ state: await players.open(params.uid) })),
    handle(auction.closePlayer, async ({ params }) => {
      await players.close(params.uid)
      return ok({ state: 'closed' })
    }),
  ]
}

import { type Erased, erasures } from '@sallyport/contracts'
import { countErased, markErased } from '@sallyport/database'
import { type AccountId, type Clock, newId, Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import { parsePlayer } from '../players/players.ts'
import * as store from './erasure-store.ts'

interface Parts {
  readonly db: Kysely<AuctionDatabase>
  readonly clock: Clock
}

/** Bids of the person are being decided, or an auction of theirs is being settled: that ends first. */
export class AuctionsUnsettled extends Rejection {
  override name = 'AuctionsUnsettled'
  readonly code = 'auctions-unsettled'
  readonly reason = 'busy'
  constructor() {
    super('bids or auctions are not settled yet')
  }
}

/**
 * What identity asks when a person is to be erased. Auctions and bids go on as after a deletion (market §11), under an id that
 * is nobody's: one for all of them, so that what was true of whom they were is still true.
 */
export function erasureRoutes(parts: Parts): HandledRoute[] {
  return [handle(erasures.auction, async ({ params, body }) => ok(await erase(parts, params.erasureId, body.uid)))]
}

async function erase({ db, clock }: Parts, erasureId: string, text: string): Promise<Erased> {
  const uid = parsePlayer(text)
  const now = clock.now()
  await markErased(db, uid, now)
  // By itself: whoever bids has locked the auctions before the player.
  await db.transaction().execute(async (tx) => {
    await countErased(tx, erasureId, { players: (await store.removePlayer(tx, uid)) ? 1 : 0 }, now)
  })
  return db.transaction().execute(async (tx) => {
    if (await store.isUnsettled(tx, uid)) throw new AuctionsUnsettled()
    const renamed = await store.rename(tx, uid, newId<AccountId>())
    const { auctions = 0, bids = 0, ...removed } = await countErased(tx, erasureId, renamed, now)
    return { removed, anonymous: { auctions, bids } }
  })
}

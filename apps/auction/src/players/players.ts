import { type AccountId, type Clock, parseId, Rejection } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { AuctionDatabase } from '../auction-database.ts'
import * as store from './player-store.ts'

/** Who may take part in auctions. */
export interface Players {
  /** Lets a new player in; again it changes nothing, and a closed one stays closed. @throws {MalformedPlayer} */
  open(uid: string): Promise<'open' | 'closed'>
  /** Ends it, also before it began (design §5). What they sell and lead goes on (market §11). @throws {MalformedPlayer} */
  close(uid: string): Promise<void>
}

export function createPlayers({ db, clock }: { db: Kysely<AuctionDatabase>; clock: Clock }): Players {
  return {
    async open(text) {
      const uid = parsePlayer(text)
      if (await store.insertPlayer(db, uid, clock.now())) return 'open'
      return (await store.readState(db, uid)) ?? 'closed'
    },
    async close(text) {
      await store.markClosed(db, parsePlayer(text), clock.now())
    },
  }
}

/** @throws {MalformedPlayer} */
export function parsePlayer(text: string): AccountId {
  const uid = parseId<AccountId>(text)
  if (uid === undefined) throw new MalformedPlayer()
  return uid
}

/** What should name a player is no UUID in lower case. */
export class MalformedPlayer extends Rejection {
  override name = 'MalformedPlayer'
  readonly code = 'malformed-player'
  readonly reason = 'invalid'
  constructor() {
    super('a player is named by a UUID in lower case')
  }
}

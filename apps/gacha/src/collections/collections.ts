import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { isGachaName } from '../catalogue/gacha.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import * as store from './collection-store.ts'
import { type Collected, MalformedPlayer, NoCollection, NotCollected } from './collection.ts'

/** What can be done with collections. */
export interface Collections {
  /**
   * Opens a new player's collection; again it changes nothing, and a closed one stays closed.
   *
   * @throws {MalformedPlayer}
   */
  open(uid: string): Promise<store.CollectionState>
  /** Closes a collection with all that is in it, also before it was opened (design §5). @throws {MalformedPlayer} */
  close(uid: string): Promise<void>
  /** In the order in which the player came by each. @throws {NoCollection} */
  read(uid: AccountId): Promise<Collected[]>
  /** @throws {NoCollection} @throws {NotCollected} */
  find(uid: AccountId, name: string): Promise<Collected>
}

export function createCollections({ db, clock }: { db: Kysely<GachaDatabase>; clock: Clock }): Collections {
  return {
    async open(text) {
      const uid = parsePlayer(text)
      if (await store.insertCollection(db, uid, clock.now())) return 'open'
      return (await store.readState(db, uid)) ?? 'closed'
    },
    async close(text) {
      const uid = parsePlayer(text)
      await db.transaction().execute(async (tx) => {
        await store.markClosed(tx, uid, clock.now())
        await store.deleteCopies(tx, uid)
      })
    },
    async read(uid) {
      const collection = await store.readCollection(db, uid)
      if (!collection) throw new NoCollection()
      return collection
    },
    async find(uid, name) {
      const collected = await store.readCollected(db, uid, isGachaName(name) ? name : undefined)
      if (collected === undefined) throw new NoCollection()
      if (collected === null) throw new NotCollected()
      return collected
    },
  }
}

function parsePlayer(text: string): AccountId {
  const uid = parseId<AccountId>(text)
  if (uid === undefined) throw new MalformedPlayer()
  return uid
}

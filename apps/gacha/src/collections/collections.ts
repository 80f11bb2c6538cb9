import type { PageRequest } from '@sallyport/service'
import { type AccountId, type Clock, parseId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import { findGacha } from '../catalogue/catalogue-store.ts'
import { isGachaName, type ShownGacha, UnknownGacha } from '../catalogue/gacha.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import type { Page } from '../page.ts'
import { deleteSeed } from '../rolls/seed-store.ts'
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
  /** In the order in which the player came by each. @throws {NoCollection} also for what is no UUID */
  read(uid: string): Promise<Collected[]>
  /** The same in pages. @throws {NoCollection} */
  page(uid: AccountId, request: PageRequest): Promise<Page<Collected>>
  /** @throws {NoCollection} @throws {NotCollected} */
  find(uid: AccountId, name: string): Promise<Collected>
  /** Adds a copy of a gacha. @throws {UnknownGacha} @throws {NoCollection} */
  give(uid: string, name: string): Promise<ShownGacha>
  /** Takes a copy of a gacha. @throws {UnknownGacha} @throws {NoCollection} @throws {NotCollected} */
  take(uid: string, name: string): Promise<void>
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
        await emptyCollection(tx, uid)
      })
    },
    async read(text) {
      const uid = parseId<AccountId>(text)
      const collection = uid && (await store.readCollection(db, uid))
      if (!collection) throw new NoCollection()
      return collection
    },
    async page(uid, request) {
      const page = await store.pageThroughCollection(db, uid, request)
      if (!page) throw new NoCollection()
      return page
    },
    async find(uid, name) {
      const collected = await store.readCollected(db, uid, isGachaName(name) ? name : undefined)
      if (collected === undefined) throw new NoCollection()
      if (collected === null) throw new NotCollected()
      return collected
    },
    async give(text, name) {
      const uid = parseId<AccountId>(text)
      const given = uid && isGachaName(name) ? await store.addCopy(db, uid, name) : undefined
      if (given) return given
      throw (await isKnown(db, name)) ? new NoCollection() : new UnknownGacha()
    },
    async take(text, name) {
      const uid = parseId<AccountId>(text)
      if (uid && isGachaName(name) && (await store.removeCopy(db, uid, name))) return
      throw await whyNotTaken(db, uid, name)
    },
  }
}

/** Removes all that is in a collection that the transaction has closed; how many copies that were. */
export async function emptyCollection(tx: Transaction<GachaDatabase>, uid: AccountId): Promise<number> {
  const copies = await store.deleteCopies(tx, uid)
  await deleteSeed(tx, uid)
  return copies
}

/** Why a copy could not be taken out of a collection. */
export async function whyNotTaken(
  db: Kysely<GachaDatabase>,
  uid: AccountId | undefined,
  name: string,
): Promise<UnknownGacha | NoCollection | NotCollected> {
  if (!(await isKnown(db, name))) return new UnknownGacha()
  return uid && (await store.readState(db, uid)) === 'open' ? new NotCollected() : new NoCollection()
}

async function isKnown(db: Kysely<GachaDatabase>, name: string): Promise<boolean> {
  return isGachaName(name) && (await findGacha(db, name)) !== undefined
}

/** @throws {MalformedPlayer} */
export function parsePlayer(text: string): AccountId {
  const uid = parseId<AccountId>(text)
  if (uid === undefined) throw new MalformedPlayer()
  return uid
}

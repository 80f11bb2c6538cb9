import type { PageRequest } from '@sallyport/service'
import { newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import type { Page } from '../page.ts'
import * as store from './catalogue-store.ts'
import {
  type Gacha,
  type GachaRequest,
  isGachaName,
  NameTaken,
  parseName,
  parseRarity,
  type ShownGacha,
  UnknownGacha,
} from './gacha.ts'

/** What can be done with the catalogue. Lists are in the order of insertion. */
export interface Catalogue {
  /** What players see of the catalogue. */
  browse(): Promise<ShownGacha[]>
  /** Everything about every gacha. */
  list(): Promise<Gacha[]>
  page(request: PageRequest): Promise<Page<Gacha>>
  find(name: string): Promise<Gacha | undefined>
  /** @throws {InvalidName} @throws {InvalidRarity} @throws {NameTaken} */
  add(request: GachaRequest): Promise<Gacha>
  /**
   * Changes rarity and image of the gacha of this name.
   *
   * @throws {InvalidRarity} @throws {UnknownGacha} also for what could not be a name
   */
  modify(request: GachaRequest): Promise<void>
  /** Removes a gacha, and every copy from every collection (market §13). @throws {UnknownGacha} */
  remove(name: string): Promise<void>
}

export function createCatalogue(db: Kysely<GachaDatabase>): Catalogue {
  return {
    browse: () => store.listShownGachas(db),
    list: () => store.listGachas(db),
    page: (request) => store.pageThroughGachas(db, request),
    async find(name) {
      return isGachaName(name) ? store.findGacha(db, name) : undefined
    },
    async add({ name, rarity, image }) {
      const gacha: Gacha = { id: newId(), name: parseName(name), rarity: parseRarity(rarity), image }
      if (!(await store.insertGacha(db, gacha))) throw new NameTaken()
      return gacha
    },
    async modify({ name, rarity, image }) {
      const changed = { rarity: parseRarity(rarity), image }
      if (!isGachaName(name) || !(await store.updateGacha(db, { name, ...changed }))) throw new UnknownGacha()
    },
    async remove(name) {
      if (!isGachaName(name) || !(await store.deleteGacha(db, name))) throw new UnknownGacha()
    },
  }
}

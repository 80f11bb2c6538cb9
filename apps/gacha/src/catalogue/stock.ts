import { readFile } from 'node:fs/promises'
import { type Clock, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { GachaDatabase } from '../gacha-database.ts'
import { insertGacha, recordSeeding } from './catalogue-store.ts'
import { parseName, type Rarity } from './gacha.ts'

/** The catalogue of a fresh store, in its order (market §6). */
export const stock: readonly { readonly name: string; readonly rarity: Rarity }[] = [
  { name: 'Ubuntu', rarity: 1 },
  { name: 'Debian', rarity: 1 },
  { name: 'Fedora', rarity: 1 },
  { name: 'Arch_Linux', rarity: 2 },
  { name: 'openSUSE', rarity: 2 },
  { name: 'Mint', rarity: 1 },
  { name: 'Manjaro', rarity: 2 },
  { name: 'HannaMontana_Linux', rarity: 5 },
  { name: 'Gentoo', rarity: 3 },
  { name: 'Raspberry_Pi_OS', rarity: 1 },
  { name: 'TempleOS', rarity: 5 },
  { name: 'Slackware', rarity: 4 },
  { name: 'Alpine_Linux', rarity: 3 },
  { name: 'Tails', rarity: 4 },
  { name: 'Kali_Linux', rarity: 1 },
  { name: 'Pop!_OS', rarity: 2 },
  { name: 'Zorin_OS', rarity: 2 },
  { name: 'Bodhi_Linux', rarity: 4 },
  { name: 'Solus', rarity: 4 },
  { name: 'NixOS', rarity: 4 },
  { name: 'Void_Linux', rarity: 4 },
]

/** Where the stock pictures are: `catalogue/draw.ts` makes them. */
export function pictureOf(name: string): URL {
  return new URL(`../../catalogue/${encodeURIComponent(name)}.png`, import.meta.url)
}

/**
 * Fills a fresh store with the stock catalogue, once: not again after entries were changed or removed, and once also
 * when several instances start together. Says whether it did.
 */
export async function seedCatalogue(db: Kysely<GachaDatabase>, clock: Clock): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    if (!(await recordSeeding(tx, 'stock-catalogue', clock.now()))) return false
    for (const { name, rarity } of stock) {
      const image = await readFile(pictureOf(name), 'base64')
      await insertGacha(tx, { id: newId(), name: parseName(name), rarity, image })
    }
    return true
  })
}

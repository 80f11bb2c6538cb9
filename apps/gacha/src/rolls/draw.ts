import type { Dice } from '@sallyport/kernel'
import { type Rarity, rarities } from '../catalogue/gacha.ts'
import { EmptyCatalogue } from './roll.ts'

/** The parts of fifteen that each rarity has (market §6). */
const weights: Readonly<Record<Rarity, number>> = { 1: 5, 2: 4, 3: 3, 4: 2, 5: 1 }

/**
 * Draws a rarity with the weights of market §6. The weights of rarities that are not `among` those to draw from are
 * shared out among the others in proportion.
 */
export function drawRarity(dice: Dice, among: readonly Rarity[] = rarities): Rarity {
  const sides = among.reduce((sum, rarity) => sum + weights[rarity], 0)
  let left = dice.roll(sides)
  for (const rarity of among) {
    if (left < weights[rarity]) return rarity
    left -= weights[rarity]
  }
  throw new RangeError('the dice threw more than they have sides')
}

/**
 * Draws a gacha: first a rarity among those that have any, then each of that rarity is equally likely (market §6).
 *
 * @throws {EmptyCatalogue}
 */
export function drawGacha<Lot extends { readonly rarity: Rarity }>(dice: Dice, catalogue: readonly Lot[]): Lot {
  const classes = rarities
    .map((rarity) => ({ rarity, members: catalogue.filter((lot) => lot.rarity === rarity) }))
    .filter(({ members }) => members.length > 0)
  if (classes.length === 0) throw new EmptyCatalogue()
  const drawn = drawRarity(
    dice,
    classes.map(({ rarity }) => rarity),
  )
  const members = classes.find(({ rarity }) => rarity === drawn)?.members ?? []
  const lot = members[dice.roll(members.length)]
  if (!lot) throw new RangeError('the dice threw more than they have sides')
  return lot
}

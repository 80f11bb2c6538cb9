import type { Clock } from '@sallyport/kernel'
import type { Transaction } from 'kysely'
import { findShownGacha, listLots } from '../catalogue/catalogue-store.ts'
import type { ShownGacha } from '../catalogue/gacha.ts'
import { readState } from '../collections/collection-store.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import { drawGacha } from './draw.ts'
import type { Roll, RollId, RollState } from './roll.ts'
import * as store from './roll-store.ts'
import { recordCatalogue } from './seed-store.ts'
import { type RandomSeed, seededDice } from './seeded-dice.ts'

export interface DeliveryParts {
  readonly clock: Clock
  readonly randomSeed: RandomSeed
}

/** What became of a roll, now or earlier. */
export interface Delivery {
  readonly state: RollState
  /** What was given, as long as it is in the catalogue. */
  readonly gacha?: ShownGacha | undefined
}

/**
 * Delivers a roll that was paid: one copy, once, however often this is called.
 *
 * A gacha that was removed between draw and delivery cannot be given any more, and the charge is not taken back: so
 * another one is drawn, under the odds of that moment, and the player always gets something for the price. To make
 * removals wait for the wallet instead would let one service's outage hold up the administration of another. While the
 * catalogue is empty the roll stays owed, and its job comes back to it.
 *
 * @throws {EmptyCatalogue} the roll stays drawn
 */
export async function deliver(
  tx: Transaction<GachaDatabase>,
  id: RollId,
  { clock, randomSeed }: DeliveryParts,
): Promise<Delivery> {
  const given = await store.deliverCopy(tx, id, clock.now())
  if (given) return { state: 'delivered', gacha: given }
  const roll = await store.lockRoll(tx, id)
  if (!roll) throw new TypeError(`there is no roll ${id}`)
  const { uid, state } = roll
  if (state === 'delivered') return { state, gacha: await findShownGacha(tx, roll.gachaId) }
  if (state !== 'drawn') return { state }
  if ((await readState(tx, uid)) !== 'open') {
    await store.settleRoll(tx, id, 'forfeited', clock.now())
    return { state: 'forfeited' }
  }
  await drawAgain(tx, roll, randomSeed)
  // What was drawn now may be gone too by now, so again from the start; each time the catalogue is smaller.
  return deliver(tx, id, { clock, randomSeed })
}

/** Draws with the same seed, so that the second draw can be foretold as little as the first, and verified as well. */
async function drawAgain(tx: Transaction<GachaDatabase>, roll: Roll, randomSeed: RandomSeed): Promise<void> {
  const { id, seed, clientSeed, attempt } = roll
  const lots = await listLots(tx)
  if (seed === null || clientSeed === null || attempt === null) {
    await store.redrawUnverified(tx, id, drawGacha(seededDice(randomSeed(), '', 1), lots).id)
    return
  }
  const next = attempt + 1
  const { id: gachaId, name, rarity } = drawGacha(seededDice(seed, clientSeed, next), lots)
  await store.redraw(tx, id, { gachaId, name, rarity, attempt: next, catalogue: await recordCatalogue(tx, lots) })
}

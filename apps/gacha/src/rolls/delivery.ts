import type { Clock, Dice } from '@sallyport/kernel'
import type { Transaction } from 'kysely'
import { findShownGacha, listLots } from '../catalogue/catalogue-store.ts'
import type { ShownGacha } from '../catalogue/gacha.ts'
import { readState } from '../collections/collection-store.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import { drawGacha } from './draw.ts'
import type { RollId, RollState } from './roll.ts'
import * as store from './roll-store.ts'

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
  { clock, dice }: { clock: Clock; dice: Dice },
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
  await store.redraw(tx, id, drawGacha(dice, await listLots(tx)).id)
  // What was drawn now may be gone too by now, so again from the start; each time the catalogue is smaller.
  return deliver(tx, id, { clock, dice })
}

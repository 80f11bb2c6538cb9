import { type Call, ServiceRefused, ServiceUnreachable, wallet as walletRoutes } from '@sallyport/contracts'
import type { Jobs } from '@sallyport/jobs'
import { type AccountId, type Clock, type Dice, newId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { listLots } from '../catalogue/catalogue-store.ts'
import type { ShownGacha } from '../catalogue/gacha.ts'
import { readState } from '../collections/collection-store.ts'
import { NoCollection } from '../collections/collection.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import { deliver, type Delivery } from './delivery.ts'
import { drawGacha } from './draw.ts'
import { EmptyCatalogue, PaymentRefused, type RollId, RollInterrupted, RollUnsettled } from './roll.ts'
import * as store from './roll-store.ts'
import type { RollTasks } from './settlement.ts'

/**
 * The job of a roll waits this long, so that the roll is settled directly in the normal case. It is longer than a
 * client waits for the wallet (5 s): a roll that is still being paid is not made void.
 */
const jobDelayMs = 10_000

/** A wallet may be away for long, and the roll may be paid: it is tried again for about a day, ever more rarely. */
const jobAttempts = 15

export interface Rolls {
  /**
   * Draws a gacha, charges the price of a roll, and adds a copy to the player's collection (market §6): never charged
   * without delivery, never delivered without charge, and each once, whenever a process dies or an answer is lost.
   *
   * @throws {PaymentRefused} also when the collection was closed, because then the wallet is too (market §11)
   * @throws {NoCollection} and nothing was charged
   * @throws {EmptyCatalogue} and nothing was charged
   * @throws {RollUnsettled} when the wallet did not answer: the roll is settled later
   * @throws {RollInterrupted} and nothing was charged
   */
  roll(uid: AccountId): Promise<ShownGacha>
}

export interface RollParts {
  readonly db: Kysely<GachaDatabase>
  readonly jobs: Pick<Jobs<GachaDatabase, RollTasks>, 'enqueue' | 'complete'>
  readonly wallet: Call
  readonly clock: Clock
  readonly dice: Dice
  readonly log: Logger
}

export function createRolls({ db, jobs, wallet, clock, dice, log }: RollParts): Rolls {
  /** @throws {PaymentRefused} @throws {NoCollection} @throws {EmptyCatalogue} */
  async function draw(uid: AccountId): Promise<RollId> {
    const lots = await listLots(db)
    // A player who may not roll hears of that first, whatever there is to draw.
    if (lots.length === 0 && (await readState(db, uid)) !== 'open') throw await whyNoCollection(db, uid)
    const roll = { id: newId<RollId>(), uid, gachaId: drawGacha(dice, lots).id }
    const drawn = await db.transaction().execute(async (tx) => {
      if (!(await store.insertRoll(tx, roll, clock.now()))) return false
      await jobs.enqueue(tx, {
        task: 'settle-roll',
        payload: { rollId: roll.id },
        key: roll.id,
        runAfterMs: jobDelayMs,
        maxAttempts: jobAttempts,
      })
      return true
    })
    if (!drawn) throw await whyNoCollection(db, uid)
    return roll.id
  }

  /** @throws {PaymentRefused} @throws {RollInterrupted} @throws {RollUnsettled} */
  async function charge(id: RollId, uid: AccountId): Promise<void> {
    try {
      await wallet(walletRoutes.chargeRoll, { params: { rollId: id }, body: { uid } })
    } catch (error) {
      if (error instanceof ServiceUnreachable) {
        log.warn({ err: error, roll: id }, 'a roll is left to its job')
        throw new RollUnsettled()
      }
      const refusal = error instanceof ServiceRefused ? refusals[error.status] : undefined
      // Any other refusal says nothing about the charge: the job finds out.
      if (!refusal) throw error
      await close(id, refusal.state)
      throw refusal.rejection()
    }
  }

  /** Settles a roll that was not paid. */
  async function close(id: RollId, state: 'refused' | 'void'): Promise<void> {
    await db.transaction().execute(async (tx) => {
      await store.settleRoll(tx, id, state, clock.now())
      await jobs.complete(tx, [id])
    })
  }

  async function complete(id: RollId): Promise<Delivery> {
    try {
      return await db.transaction().execute(async (tx) => {
        const delivery = await deliver(tx, id, { clock, dice })
        await jobs.complete(tx, [id])
        return delivery
      })
    } catch (error) {
      // It is paid by now, so this is no refusal: its job delivers as soon as there is something to deliver.
      if (error instanceof EmptyCatalogue) throw new RollUnsettled()
      throw error
    }
  }

  return {
    async roll(uid) {
      const id = await draw(uid)
      await charge(id, uid)
      const { state, gacha } = await complete(id)
      if (state === 'forfeited') throw new PaymentRefused()
      // Its job was faster, and what it delivered has been removed since: there is nothing to show.
      if (!gacha) throw new RollUnsettled()
      return gacha
    },
  }
}

/** What the wallet's refusals of a charge mean: its 409 says that the roll's job made the charge void before. */
const refusals: Readonly<Record<number, { state: 'refused' | 'void'; rejection: () => Error }>> = {
  402: { state: 'refused', rejection: () => new PaymentRefused() },
  404: { state: 'refused', rejection: () => new PaymentRefused() },
  409: { state: 'void', rejection: () => new RollInterrupted() },
}

/** A closed collection belonged to a player who has no wallet either, and who hears of that first (market §5, §11). */
async function whyNoCollection(db: Kysely<GachaDatabase>, uid: AccountId): Promise<PaymentRefused | NoCollection> {
  return (await readState(db, uid)) === 'closed' ? new PaymentRefused() : new NoCollection()
}

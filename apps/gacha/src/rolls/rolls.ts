import type { PageRequest } from '@sallyport/service'
import { type Call, ServiceRefused, ServiceUnreachable, wallet as walletRoutes } from '@sallyport/contracts'
import type { Jobs } from '@sallyport/jobs'
import { type AccountId, idOf, newId, parseId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { listLots } from '../catalogue/catalogue-store.ts'
import type { ShownGacha } from '../catalogue/gacha.ts'
import { readState } from '../collections/collection-store.ts'
import { NoCollection } from '../collections/collection.ts'
import type { GachaDatabase } from '../gacha-database.ts'
import type { Page } from '../page.ts'
import { deliver, type Delivery, type DeliveryParts } from './delivery.ts'
import { drawGacha } from './draw.ts'
import {
  EmptyCatalogue,
  KeyReused,
  PaymentRefused,
  type Roll,
  type RollId,
  RollInterrupted,
  type RollRecord,
  type RollSummary,
  RollUnsettled,
  UnknownRoll,
} from './roll.ts'
import { pageThroughRolls, readRoll } from './roll-lists.ts'
import * as store from './roll-store.ts'
import { findCommitment, insertSeed, lockSeed, recordCatalogue, replaceSeed } from './seed-store.ts'
import { commitmentOf, seededDice } from './seeded-dice.ts'
import type { RollTasks } from './settlement.ts'

/**
 * The job of a roll waits this long, so that the roll is settled directly in the normal case. It is longer than a
 * client waits for the wallet (5 s): a roll that is still being paid is not made void.
 */
const jobDelayMs = 10_000

/** A wallet may be away for long, and the roll may be paid: it is tried again for about a day, ever more rarely. */
const jobAttempts = 15

/** What a player asks for. */
export interface RollRequest {
  readonly uid: AccountId
  /** What the player adds to the seed, printable ASCII. */
  readonly clientSeed: string
  /** Names the wish: the same again under the same key is the same roll. */
  readonly key: string | undefined
}

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
  /**
   * The same with all that is needed to verify it. Under a key the same again has the first answer, or after a doubt
   * what became of the roll; one that is not settled yet is taken up again.
   *
   * @throws {KeyReused}
   */
  rollVerifiably(request: RollRequest): Promise<RollRecord>
  /** The hash of the seed of the player's next roll. @throws {NoCollection} */
  commitment(uid: AccountId): Promise<Buffer>
  /** @throws {UnknownRoll} also for a roll of somebody else's, and for what is no id */
  find(uid: AccountId, id: string): Promise<RollRecord>
  /** A player's rolls, newest first. */
  page(uid: AccountId, request: PageRequest): Promise<Page<RollSummary>>
}

export interface RollParts extends DeliveryParts {
  readonly db: Kysely<GachaDatabase>
  readonly jobs: Pick<Jobs<GachaDatabase, RollTasks>, 'enqueue' | 'complete'>
  readonly wallet: Call
  readonly log: Logger
}

export function createRolls({ db, jobs, wallet, clock, randomSeed, log }: RollParts): Rolls {
  /**
   * Draws with the seed that waits, or finds what was drawn under the key before.
   *
   * @throws {PaymentRefused} @throws {NoCollection} @throws {EmptyCatalogue} @throws {KeyReused}
   */
  async function draw({ uid, clientSeed, key }: RollRequest): Promise<Pick<Roll, 'id' | 'uid' | 'state'>> {
    // The locks rely on it: a statement sees what was committed before it, not before the transaction.
    return db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async (tx) => {
        const seed = await takeSeed(tx, uid)
        // A player who may not roll hears of that first, whatever there is to draw.
        if (!seed) throw await whyNoCollection(tx, uid)
        const id = key === undefined ? newId<RollId>() : idOf<RollId>('roll', uid, key)
        const earlier = key === undefined ? undefined : await store.findRoll(tx, id)
        if (earlier && earlier.clientSeed !== clientSeed) throw new KeyReused()
        if (earlier) return earlier

        const lots = await listLots(tx)
        const { id: gachaId, name, rarity } = drawGacha(seededDice(seed, clientSeed, 1), lots)
        const nextSeed = Buffer.from(randomSeed())
        const catalogue = await recordCatalogue(tx, lots)
        const draw = { gachaId, name, rarity, seed, clientSeed, attempt: 1, catalogue }
        const roll = { id, uid, ...draw, nextCommitment: commitmentOf(nextSeed) }
        if (!(await store.insertRoll(tx, roll, clock.now()))) throw await whyNoCollection(tx, uid)
        await replaceSeed(tx, uid, nextSeed)
        await jobs.enqueue(tx, {
          task: 'settle-roll',
          payload: { rollId: id },
          key: id,
          runAfterMs: jobDelayMs,
          maxAttempts: jobAttempts,
        })
        return { id, uid, state: 'drawn' }
      })
  }

  /** The seed that waits for a player's roll, locked, and made when there is none; undefined without a collection. */
  async function takeSeed(tx: Transaction<GachaDatabase>, uid: AccountId): Promise<Buffer | undefined> {
    const seed = await lockSeed(tx, uid)
    if (seed) return seed
    await insertSeed(tx, uid, randomSeed())
    return lockSeed(tx, uid)
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
        const delivery = await deliver(tx, id, { clock, randomSeed })
        await jobs.complete(tx, [id])
        return delivery
      })
    } catch (error) {
      // It is paid by now, so this is no refusal: its job delivers as soon as there is something to deliver.
      if (error instanceof EmptyCatalogue) throw new RollUnsettled()
      throw error
    }
  }

  /**
   * Charges and delivers what was drawn, or says what became of it before.
   *
   * @throws {PaymentRefused} @throws {RollInterrupted} @throws {RollUnsettled}
   */
  async function settle({ id, uid, state }: Pick<Roll, 'id' | 'uid' | 'state'>): Promise<ShownGacha | undefined> {
    if (state === 'refused' || state === 'forfeited') throw new PaymentRefused()
    if (state === 'void') throw new RollInterrupted()
    // The wallet knows the charge by the roll's id: asked again it charges nothing twice.
    if (state === 'drawn') await charge(id, uid)
    const delivery = await complete(id)
    if (delivery.state === 'forfeited') throw new PaymentRefused()
    return delivery.gacha
  }

  return {
    async roll(uid) {
      const gacha = await settle(await draw({ uid, clientSeed: '', key: undefined }))
      // Its job was faster, and what it delivered has been removed since: there is nothing to show.
      if (!gacha) throw new RollUnsettled()
      return gacha
    },
    async rollVerifiably(request) {
      const roll = await draw(request)
      await settle(roll)
      const record = await readRoll(db, request.uid, roll.id)
      if (!record) throw new TypeError(`there is no roll ${roll.id}`)
      return record
    },
    async commitment(uid) {
      const known = await findCommitment(db, uid)
      if (known) return known
      await insertSeed(db, uid, randomSeed())
      const made = await findCommitment(db, uid)
      if (!made) throw new NoCollection()
      return made
    },
    async find(uid, text) {
      const id = parseId<RollId>(text)
      const record = id && (await readRoll(db, uid, id))
      if (!record) throw new UnknownRoll()
      return record
    },
    page: (uid, request) => pageThroughRolls(db, uid, request),
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

import { type Call, wallet as walletRoutes } from '@sallyport/contracts'
import { jobTask } from '@sallyport/jobs'
import { parseId } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { GachaDatabase } from '../gacha-database.ts'
import { deliver, type DeliveryParts } from './delivery.ts'
import type { RollId } from './roll.ts'
import { findRoll, settleRoll } from './roll-store.ts'

export interface SettlementParts extends DeliveryParts {
  readonly db: Kysely<GachaDatabase>
  readonly wallet: Call
  readonly log: Logger
}

/** The job behind each roll; its key is the roll's id. */
export type RollTasks = { readonly 'settle-roll': ReturnType<typeof settlementTask> }

/**
 * Settles rolls whose end nobody saw, because the wallet did not answer or the process died: the wallet says whether
 * the roll was paid, and makes sure that it will not be from then on.
 */
export function settlementTask({ db, wallet, clock, randomSeed, log }: SettlementParts) {
  return jobTask<{ readonly rollId: RollId }>({
    parse: parsePayload,
    async run({ rollId }) {
      const roll = await findRoll(db, rollId)
      if (roll?.state !== 'drawn') return
      const { body } = await wallet(walletRoutes.voidRollCharge, { params: { rollId } })
      if (body.outcome === 'not-charged') {
        await settleRoll(db, rollId, 'void', clock.now())
        return
      }
      const { state } = await db.transaction().execute((tx) => deliver(tx, rollId, { clock, randomSeed }))
      log.info({ roll: rollId, state }, 'a roll was settled by its job')
    },
  })
}

function parsePayload(payload: unknown): { rollId: RollId } {
  const { rollId }: Record<string, unknown> = Object(payload)
  const id = typeof rollId === 'string' ? parseId<RollId>(rollId) : undefined
  if (id === undefined) throw new TypeError('the payload names no roll')
  return { rollId: id }
}

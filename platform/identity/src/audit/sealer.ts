import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { IdentityDatabase } from '../identity-database.ts'
import { formatHead, type Head, macOf, noHead } from './chain.ts'
import { claimChain, insertLinks, isAnyPending, lastLink, listPending, oldestPending } from './chain-store.ts'

/** Events have waited for their links for too long. */
export class SealingLags extends Error {
  override name = 'SealingLags'
  constructor() {
    super('events of the audit trail wait for their links in the chain')
  }
}

/** Gives the events of the trail their links, soon after they were recorded. */
export interface Sealer {
  /** Seals what waits, for a few seconds at most, and goes on each second. */
  start(): Promise<void>
  /** Seals what still waits, if that is quickly done. */
  stop(): Promise<void>
  /** @throws {SealingLags} */
  check(): Promise<void>
}

/** So many events get their links in one transaction. */
const batchSize = 1000
const intervalMs = 1000
const startLimitMs = 5000
const stopLimitMs = 1000
/** How long an event may wait before the service says that something is wrong, in milliseconds. */
const lagLimitMs = 15_000
/** How often the head is written to the log, in milliseconds. */
const headIntervalMs = 3_600_000

export function createSealer(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly key: Uint8Array
  readonly clock: Clock
  readonly log: Logger
}): Sealer {
  const { db, key, clock, log } = parts
  let timer: NodeJS.Timeout | undefined
  let underWay: Promise<void> | undefined
  let stopping = false
  let failing = false
  let head: Head | undefined
  let noted: { readonly head: Head; readonly at: number } | undefined

  async function sealAll(): Promise<void> {
    try {
      for (;;) {
        const { sealed, last } = await sealBatch(db, key)
        head = last ?? head
        if (sealed < batchSize || stopping) break
      }
      failing = false
    } catch (error) {
      // Once, not every second; the check tells for how long.
      if (!failing) log.error({ err: error }, 'sealing the audit trail failed')
      failing = true
    }
  }

  /** What is in the log of another machine cannot be cut off here. */
  function noteHead(): void {
    if (!head || noted?.head.sequence === head.sequence) return
    noted = { head, at: performance.now() }
    log.info({ head: formatHead(head) }, 'the head of the audit trail')
  }

  function run(): Promise<void> {
    underWay ??= sealAll().finally(() => {
      underWay = undefined
      if (noted === undefined || performance.now() - noted.at >= headIntervalMs) noteHead()
    })
    return underWay
  }

  return {
    async start() {
      await Promise.race([run(), sleep(startLimitMs, undefined, { ref: false })])
      if (!stopping) timer = setInterval(() => void run(), intervalMs).unref()
    },
    async stop() {
      clearInterval(timer)
      stopping = true
      const last = async (): Promise<void> => {
        await underWay
        await run()
      }
      await Promise.race([last(), sleep(stopLimitMs, undefined, { ref: false })])
      noteHead()
    },
    async check() {
      const oldest = await oldestPending(db)
      if (oldest && clock.now().getTime() - oldest.getTime() > lagLimitMs) throw new SealingLags()
    },
  }
}

/**
 * Gives a batch of waiting events their links; none while another process does.
 *
 * @returns how many, and the last link when there was something to do
 */
export async function sealBatch(
  db: Kysely<IdentityDatabase>,
  key: Uint8Array,
  limit = batchSize,
): Promise<{ readonly sealed: number; readonly last?: Head }> {
  if (!(await isAnyPending(db))) return { sealed: 0 }
  return db.transaction().execute(async (tx) => {
    // Without it two processes would continue the chain from the same link; all but one would fail at its number.
    if (!(await claimChain(tx))) return { sealed: 0 }
    return sealWithin(tx, key, limit)
  })
}

/** The same for a transaction that alone may add to the chain. */
export async function sealWithin(
  tx: Transaction<IdentityDatabase>,
  key: Uint8Array,
  limit = batchSize,
): Promise<{ readonly sealed: number; readonly last: Head }> {
  let last = (await lastLink(tx)) ?? noHead
  const links = (await listPending(tx, limit)).map(({ eventId, event }) => {
    last = { sequence: last.sequence + 1n, mac: macOf(key, last.mac, event) }
    return { ...last, eventId }
  })
  if (links.length > 0) await insertLinks(tx, links)
  return { sealed: links.length, last }
}

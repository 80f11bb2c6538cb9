import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { KeyIssuer, KeyUse } from './issuer.ts'

export interface KeyUses {
  count(id: string, nowMs: number): void
  /** Tells identity what is left, if it hears it soon. */
  stop(): Promise<void>
}

/** Uses are told in so large pieces, and at least so often, in milliseconds. */
const pieceSize = 1000
const pauseMs = 5000
/** What cannot be told so soon at the end is forgotten, in milliseconds. */
const stopLimitMs = 1000
/** Of more keys than these nothing is counted while identity cannot be told. */
const mostKeys = 10_000

/** Counts in memory how keys are used, and tells identity now and then: a crash may forget the last seconds. */
export function createKeyUses({ issuer, log }: { readonly issuer: KeyIssuer; readonly log: Logger }): KeyUses {
  const counted = new Map<string, KeyUse>()

  async function tell(): Promise<void> {
    const piece = [...counted.values()].slice(0, pieceSize)
    if (piece.length === 0) return
    for (const { id } of piece) counted.delete(id)
    try {
      await issuer.recordUses(piece)
    } catch (error) {
      log.warn({ err: error }, 'how API keys are used is told another time')
      for (const use of piece) add(use)
      return
    }
    if (piece.length === pieceSize) await tell()
  }

  function add({ id, uses, lastUsedAtMs }: KeyUse): void {
    const before = counted.get(id)
    if (!before && counted.size >= mostKeys) return
    counted.set(id, {
      id,
      uses: uses + (before?.uses ?? 0),
      lastUsedAtMs: Math.max(lastUsedAtMs, before?.lastUsedAtMs ?? 0),
    })
  }

  let telling: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    telling = telling.then(tell)
  }, pauseMs)
  timer.unref()

  return {
    count: (id, nowMs) => add({ id, uses: 1, lastUsedAtMs: nowMs }),
    async stop() {
      clearInterval(timer)
      const told = new AbortController()
      const late = sleep(stopLimitMs, undefined, { signal: told.signal }).catch(() => undefined)
      await Promise.race([telling.then(tell), late])
      told.abort()
    },
  }
}

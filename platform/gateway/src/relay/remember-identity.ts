import type { ServiceDatabase } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import type { KeySource, PublicJwk, Revocation, RevocationSource } from '@sallyport/service'
import type { Logger } from 'pino'
import type { GatewayDatabase } from '../gateway-database.ts'
import {
  dropEndedRevocations,
  keepHeardKeys,
  keepHeardRevocations,
  readHeardKeys,
  readHeardRevocations,
} from './heard-store.ts'

/** What is heard of identity. */
interface Heard {
  readonly keys: KeySource
  readonly revocations: RevocationSource
}

export interface Remembering extends Heard {
  /** Resolves when what is being written down is written down. */
  close(): Promise<void>
}

/** So many revocations are written down by one statement. */
const batchSize = 1000
/** How often what ended is dropped, in milliseconds, also while nothing new is heard: it names accounts that may be erased. */
const dropEveryMs = 60_000

/**
 * Writes down the public keys of identity and what it revoked, so that a gateway that starts while identity is away
 * knows them: it judges tokens itself, and services that never call identity hear of them from here (enrollment E-10).
 * Nothing waits for the writing, and nothing fails with it.
 */
export function rememberIdentity(
  heard: Heard,
  {
    database: { db },
    clock,
    log,
  }: { readonly database: ServiceDatabase<GatewayDatabase>; readonly clock: Clock; readonly log: Logger },
): Remembering {
  /** By their names; what ended meanwhile is dropped before it is written, so there are no more than are in force. */
  const unwritten = new Map<string, Revocation>()
  let unwrittenKeys: readonly PublicJwk[] | undefined
  let writtenKeys = ''
  let hasHeardKeys = false
  let nextDropMs = 0
  let writing: Promise<void> | undefined
  let fails = false

  function keep(revocation: Revocation): void {
    const name = `${revocation.kind}:${revocation.id}`
    if ((unwritten.get(name)?.until ?? 0) < revocation.until) unwritten.set(name, revocation)
  }

  async function writeAll(): Promise<void> {
    if (unwrittenKeys) {
      const keys = unwrittenKeys
      await keepHeardKeys(db, keys)
      writtenKeys = JSON.stringify(keys)
      if (unwrittenKeys === keys) unwrittenKeys = undefined
    }
    const nowMs = clock.now().getTime()
    if (nowMs >= nextDropMs) {
      nextDropMs = nowMs + dropEveryMs
      await dropEndedRevocations(db, new Date(nowMs))
    }
    for (const [name, { until }] of unwritten) if (until * 1000 < nowMs) unwritten.delete(name)
    while (unwritten.size > 0) {
      const batch = [...unwritten.entries().take(batchSize)]
      await keepHeardRevocations(
        db,
        batch.map(([, revocation]) => revocation),
      )
      for (const [name, revocation] of batch) if (unwritten.get(name) === revocation) unwritten.delete(name)
    }
  }

  /** What could not be written is written when something is heard again, be it nothing new. */
  function write(): void {
    const isDue = unwritten.size > 0 || unwrittenKeys !== undefined || clock.now().getTime() >= nextDropMs
    if (writing || !isDue) return
    writing = writeAll()
      .then(
        () => (fails = false),
        (error: unknown) => {
          if (!fails) log.warn({ err: error }, 'what was heard of identity could not be written down')
          fails = true
        },
      )
      .then(() => (writing = undefined))
  }

  async function keptKeys(cause: unknown): Promise<readonly PublicJwk[]> {
    const kept = await readHeardKeys(db).catch(() => undefined)
    if (!kept) throw cause
    log.warn({ err: cause }, 'identity is away: its keys are those that were heard last')
    return kept
  }

  /** Nothing where they cannot be read: it is not known then what was revoked. */
  async function keptRevocations(): Promise<readonly Revocation[] | undefined> {
    try {
      return await readHeardRevocations(db, clock.now())
    } catch (error) {
      log.warn({ err: error }, 'what was revoked before could not be read')
      return undefined
    }
  }

  return {
    keys: {
      async fetch() {
        try {
          const keys = await heard.keys.fetch()
          hasHeardKeys = true
          if (JSON.stringify(keys) !== writtenKeys) unwrittenKeys = keys
          write()
          return keys
        } catch (error) {
          if (hasHeardKeys) throw error
          return keptKeys(error)
        }
      },
      watch: (listener) => heard.keys.watch(listener),
    },
    revocations: {
      async subscribe(listener) {
        // Heard of long ago: how long identity is silent is not for memory to say.
        const kept = await keptRevocations()
        if (kept) listener(kept, Number.POSITIVE_INFINITY)
        return heard.revocations.subscribe((news, silentMs) => {
          for (const one of news) keep(one)
          write()
          listener(news, silentMs)
        })
      },
    },
    async close() {
      await writing
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import { gateway } from '@sallyport/contracts'
import { type PlannedPart, urlOf } from './plan.ts'

/** What is not ready after so many milliseconds has other reasons than that it has just started. */
const usualLimitMs = 10_000
const pauseMs = 50
const answerLimitMs = 1000

/**
 * Waits until these parts are ready. They start all at once, and one that works may not have heard the keys of identity
 * or what was revoked: until it has, it answers 503 to whoever is signed in.
 *
 * @returns the names of those that are not ready after ten seconds
 */
export async function untilReady(
  parts: readonly PlannedPart[],
  ending: AbortSignal,
  limitMs = usualLimitMs,
): Promise<readonly string[]> {
  const deadline = performance.now() + limitMs
  let waiting = parts
  for (;;) {
    const ready = await Promise.all(waiting.map(isReady))
    waiting = waiting.filter((_, index) => ready[index] !== true)
    ending.throwIfAborted()
    if (waiting.length === 0 || performance.now() >= deadline) return waiting.map(({ name }) => name)
    await sleep(pauseMs, undefined, { signal: ending }).catch(() => undefined)
  }
}

async function isReady(planned: PlannedPart): Promise<boolean> {
  // The gateway publishes the keys of identity, as soon as it has them.
  const paths = ['/health/ready', ...(planned.part === 'gateway' ? [gateway.publishedKeys.path] : [])]
  const answers = await Promise.all(paths.map((path) => isFine(`${urlOf(planned)}${path}`)))
  return answers.every(Boolean)
}

async function isFine(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(answerLimitMs) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}

import { TooManyAttempts } from '../guessing/guesses.ts'
import { TooManyRequests } from '../limits/request-limits.ts'
import { HashingBusy } from '../passwords/password-hashing.ts'

/** Something that cannot be done now, but later. */
export interface Wait {
  readonly complaint: 'busy' | 'tooOften'
  readonly status: 429 | 503
  readonly retryAfterSeconds: number
}

/** Which refusals are only for now. */
export function waitOf(error: unknown): Wait | undefined {
  if (error instanceof HashingBusy) return { complaint: 'busy', status: 503, retryAfterSeconds: 1 }
  if (error instanceof TooManyAttempts || error instanceof TooManyRequests) {
    return { complaint: 'tooOften', status: 429, retryAfterSeconds: error.facts.retryAfterSeconds }
  }
  return undefined
}

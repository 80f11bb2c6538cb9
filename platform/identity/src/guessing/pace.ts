/** How fast somebody may try passwords. */
export interface Pace {
  /** So many attempts are free of a pause. */
  readonly free: number
  /** The first pause; each further attempt doubles it. In milliseconds, like the next. */
  readonly firstPauseMs: number
  /** No pause is longer, however long somebody goes on: nobody is locked out for ever. */
  readonly longestPauseMs: number
}

/** Of one client at one account. */
export const usualPace: Pace = { free: 20, firstPauseMs: 1000, longestPauseMs: 5 * 60_000 }

/** The same while the account is under pressure, for a client it was never used from. */
export const strangersPace: Pace = { free: 0, firstPauseMs: 30_000, longestPauseMs: 15 * 60_000 }

/** Of six digits, whoever tries them: they have proven the password before. A day has room for some three hundred. */
export const codesPace: Pace = { free: 10, firstPauseMs: 30_000, longestPauseMs: 15 * 60_000 }

/** Of one client at all accounts together: a household or a school may make mistakes. */
export const clientsPace: Pace = { free: 1000, firstPauseMs: 1000, longestPauseMs: 60_000 }

/** An account at which so many attempts failed lately is under pressure. */
export const pressure = 50

/** Attempts are forgotten when there was none for so long, in milliseconds. */
export const forgetAfterMs = 3600_000

/** Where somebody signed in from is familiar for so long, in milliseconds. */
export const familiarForMs = 30 * 86_400_000

/** How long to wait after so many attempts, in milliseconds. */
export function pauseAfter(attempts: number, { free, firstPauseMs, longestPauseMs }: Pace): number {
  return attempts <= free ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts - free - 1))
}

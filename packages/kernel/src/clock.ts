/** Where the present comes from. Rules take a `Date`; use cases take a clock, so that tests own the time. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }

/** A whole number of seconds since 1970, as tokens and the market contract write time. */
export function toUnixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000)
}

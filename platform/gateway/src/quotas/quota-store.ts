/** A window of a quota, for one client: what a call is counted in. */
export interface Counter {
  /** Says the quota, the length of the window and whose it is. */
  readonly key: string
  /** So many calls are counted until the window is over; it begins with the first of them. */
  readonly limit: number
  readonly seconds: number
}

/** How a window stands, the call included when it was counted. */
export interface CounterState {
  readonly used: number
  /** For so long it goes on, in milliseconds. */
  readonly endsInMs: number
}

/** What became of a call. */
export interface Taken {
  /** Whether it was counted: in all its windows, or, when one of them was used up, in none. */
  readonly isTaken: boolean
  /** The states of its windows, in their order. */
  readonly states: readonly CounterState[]
}

/** Where calls are counted. What it says of many at once is what it would say of one after the other. */
export interface QuotaStore {
  /** Counts calls in the order they came in, each in these windows. */
  take(calls: readonly (readonly Counter[])[]): Promise<readonly Taken[]>
  /** Resolves when it can be counted. */
  ping(): Promise<void>
  close(): Promise<void>
}

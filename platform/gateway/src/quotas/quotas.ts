import { Rejection } from '@sallyport/kernel'
import { type CountingParts, createCounting } from './counting.ts'
import { countersOf, type PlannedCounter, type PlannedWindow, type QuotaPlan, type Subjects } from './quota-plan.ts'

/** Somebody has called as often as they may. */
export class QuotaExceeded extends Rejection {
  override name = 'QuotaExceeded'
  readonly code = 'quota-exceeded'
  readonly reason = 'too-many'
  override readonly facts: { readonly retryAfterSeconds: number; readonly 'violated-policies': readonly string[] }

  constructor({ windows }: Standing) {
    const spent = windows.filter(({ remaining }) => remaining === 0)
    super(
      `no more calls are allowed now: ${spent.map(({ window: { name, limit } }) => `${limit} in ${name}`).join(', ')}`,
    )
    this.facts = {
      // Before the last of them is over it would be refused again.
      retryAfterSeconds: Math.max(1, ...spent.map(({ endsInMs }) => Math.ceil(endsInMs / 1000))),
      'violated-policies': spent.map(({ window }) => window.name),
    }
  }
}

/** How one window of a call stands. */
export interface WindowStanding {
  readonly window: PlannedWindow
  readonly remaining: number
  readonly endsInMs: number
}

/** What a call has left, after it. */
export interface Standing {
  /** Whether it may go on. Otherwise a window with nothing left is among these. */
  readonly isWithin: boolean
  readonly windows: readonly WindowStanding[]
}

/** Counts calls, and says who has called as often as they may. */
export interface Quotas {
  /** Refuses out of memory, before anything else is asked about a call, a client that is known to have used up its part. */
  recall(plan: QuotaPlan, subjects: Subjects): Standing | undefined
  /** Counts a call in all its windows, or in none when it goes beyond one of them; nothing when there is none to count in. */
  count(plan: QuotaPlan, subjects: Subjects): Promise<Standing | undefined>
  /** `ready`, or that every gateway counts for itself. */
  readiness(): Promise<string>
  close(): Promise<void>
}

/** Who has used up a window is refused out of memory until it is over: a flood of refused calls reaches nothing. */
export function createQuotas(parts: CountingParts): Quotas {
  const counting = createCounting(parts)

  function recall(counters: readonly PlannedCounter[]): Standing | undefined {
    const windows = counters.flatMap((counter): WindowStanding[] => {
      const spent = counting.spent(counter)
      return spent ? [{ window: counter.window, remaining: 0, endsInMs: spent.endsInMs }] : []
    })
    return windows.length > 0 ? { isWithin: false, windows } : undefined
  }

  return {
    recall: (plan, subjects) => recall(countersOf(plan, subjects)),
    async count(plan, subjects) {
      const counters = countersOf(plan, subjects)
      if (counters.length === 0) return undefined
      const known = recall(counters)
      if (known) return known
      const { isTaken, states } = await counting.take(counters)
      const windows = counters.map(({ limit, window }, index): WindowStanding => {
        const { used, endsInMs } = states[index] ?? { used: limit, endsInMs: 0 }
        return { window, remaining: Math.max(0, limit - used), endsInMs }
      })
      return { isWithin: isTaken, windows }
    },
    readiness: () => counting.readiness(),
    close: () => counting.close(),
  }
}

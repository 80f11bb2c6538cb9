import type { Standing, WindowStanding } from './quotas.ts'

/**
 * What an answer says about quotas: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11) of all
 * windows, and the older `X-RateLimit-*` (pictures S-49) of the one that is the nearest to its end.
 */
export function quotaHeaders({ windows }: Standing, now: Date): Record<string, string> {
  const tightest = tightestOf(windows)
  return {
    'ratelimit-policy': windows.map(({ window }) => window.policy).join(', '),
    ratelimit: windows
      .map(({ window, remaining, endsInMs }) => `"${window.name}";r=${remaining};t=${Math.ceil(endsInMs / 1000)}`)
      .join(', '),
    'x-ratelimit-limit': String(tightest.window.limit),
    'x-ratelimit-remaining': String(tightest.remaining),
    'x-ratelimit-reset': String(Math.ceil((now.getTime() + tightest.endsInMs) / 1000)),
  }
}

/** When another call is worth trying after this one: at once while something is left. */
export function retryAfterSeconds({ windows }: Standing): number {
  const { remaining, endsInMs } = tightestOf(windows)
  return remaining > 0 ? 0 : Math.ceil(endsInMs / 1000)
}

function tightestOf(windows: readonly WindowStanding[]): WindowStanding {
  return windows.reduce((one, other) => (isTighter(other, one) ? other : one))
}

/** Where as much is left of two, the one that lasts longer matters. */
function isTighter(one: WindowStanding, other: WindowStanding): boolean {
  return one.remaining === other.remaining ? one.endsInMs > other.endsInMs : one.remaining < other.remaining
}

import type { Rejection } from '@sallyport/kernel'

/** `Retry-After` for a refusal that is over by itself (RFC 9110 §10.2.3). */
export function retryAfter({ reason, facts }: Rejection): Record<string, string> {
  const seconds: unknown = facts['retryAfterSeconds'] ?? (reason === 'busy' ? 1 : undefined)
  return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {}
}

import type { Reply } from '@sallyport/contracts'

/** Why a door turns a request away, in a word that logs and metrics are read by. */
export type RefusalReason =
  | 'not-found'
  | 'method-not-allowed'
  | 'https-only'
  | 'unclear-path'
  | 'ill-framed'
  | 'too-large'
  | 'ambiguous'
  | 'unknown-key'
  | 'expired-key'
  | 'blocked-key'
  | 'key-from-elsewhere'
  | 'too-many-wrong-keys'
  | 'over-quota'
  | 'unauthenticated'
  | 'insufficient-scope'
  | 'wrong-role'
  | 'foreign-page'
  | 'too-many-tunnels'
  | 'too-many-streams'
  | 'unsignable'
  | 'unavailable'

/** A request goes no further than the door. */
export interface Refusal {
  readonly reason: RefusalReason
  readonly reply: Reply
}

export function refusal(reason: RefusalReason, reply: Reply): Refusal {
  return { reason, reply }
}

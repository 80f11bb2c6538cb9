/** Why the caller was refused; each surface turns it into a status of its own. */
export type RejectionReason =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'payment'
  | 'busy'
  | 'too-many'

/**
 * A refusal that is the caller's business: its message may be shown to the caller. Everything else that is thrown is
 * a bug, and its message stays in the log.
 */
export abstract class Rejection extends Error {
  /** A stable name for programs, in kebab case. */
  abstract readonly code: string
  abstract readonly reason: RejectionReason
  /** What a client needs to know to do better. */
  readonly facts: Readonly<Record<string, unknown>> = {}
}

import type { AccountId, Clock } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'

/** Who does something, and from where. */
export type Actor =
  | { readonly kind: 'account'; readonly uid: AccountId; readonly address: string }
  | { readonly kind: 'anonymous'; readonly address: string }
  /** Whoever may run the program's commands. */
  | { readonly kind: 'operator' }

/** What is worth remembering of what happened to accounts. */
export type AuditKind =
  | 'account.registered'
  | 'account.imported'
  | 'account.renamed'
  | 'account.deleted'
  | 'account.erasure-begun'
  | 'account.erasure-refused'
  | 'account.erased'
  | 'account.suspended'
  | 'account.resumed'
  | 'accounts.exported'
  | 'email.verified'
  | 'password.changed'
  | 'password.change-refused'
  | 'password.reset'
  | 'password.reset-requested'
  | 'passkey.renamed'
  | 'sign-in.succeeded'
  | 'sign-in.refused'
  | 'sign-in.half-done'
  | 'factor.added'
  | 'factor.removed'
  | 'factors.reset'
  | 'recovery-codes.renewed'
  | 'sign-out'
  | 'session.stolen'
  | 'sessions.ended'
  | 'role.created'
  | 'role.assigned'
  | 'role.withdrawn'
  | 'keys.rotated'
  | 'keys.revoked'
  | 'api-key.created'
  | 'api-key.rotated'
  | 'api-key.removed'
  | 'personal-data.exported'
  | 'pictures.data-read'
  | 'pictures.data-removed'
  | 'client.added'
  | 'client.secret-rotated'
  | 'client.removed'

/** Facts that are no secret and may be kept for as long as the trail is. */
export type AuditDetails = Readonly<Record<string, string | number | boolean | null>>

export interface AuditEvent {
  readonly kind: AuditKind
  readonly by: Actor
  /** Whom it happened to. */
  readonly subject?: AccountId
  readonly details?: AuditDetails
}

/** The trail of what happened. An event is written down with what it is about: in its transaction, or before its answer. */
export interface Audit {
  record(db: Kysely<IdentityDatabase>, event: AuditEvent): Promise<void>
  /**
   * The same as a data-modifying `with` query of the caller's own statement, which saves a commit.
   *
   * @param given a query of the statement without whose row nothing has happened
   */
  insertionOf(event: AuditEvent, given?: string): RawBuilder<unknown>
  /** The same for each row of such a query, which has whom it happened to in `uid`. */
  insertionForEach(event: Omit<AuditEvent, 'subject'>, given: string): RawBuilder<unknown>
}

export function createAudit(clock: Clock): Audit {
  function insertion(
    { kind, by, details = {} }: Omit<AuditEvent, 'subject'>,
    subject: RawBuilder<unknown>,
    given?: string,
  ): RawBuilder<unknown> {
    const actor = by.kind === 'account' ? by.uid : null
    const address = by.kind === 'operator' ? null : by.address
    return sql`
      insert into audit_event (at, kind, actor_kind, actor, address, subject, details)
      select ${clock.now()}::timestamptz, ${kind}, ${by.kind}, ${actor}::uuid, ${address}, ${subject},
        ${JSON.stringify(details)}::jsonb
      ${given === undefined ? sql`` : sql`from ${sql.table(given)}`}`
  }
  const insertionOf: Audit['insertionOf'] = (event, given) =>
    insertion(event, sql`${event.subject ?? null}::uuid`, given)

  return {
    insertionOf,
    insertionForEach: (event, given) => insertion(event, sql.ref(`${given}.uid`), given),
    async record(db, event) {
      await insertionOf(event).execute(db)
    },
  }
}

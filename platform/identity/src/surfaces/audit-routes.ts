import { identity } from '@sallyport/contracts'
import { type AccountId, parseId, Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, ok, pageRequest } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { toAuditItem } from '../audit/audit-item.ts'
import { listEvents } from '../audit/audit-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'

/** The audit trail, for administrators. */
export function auditRoutes(db: Kysely<IdentityDatabase>): HandledRoute[] {
  return [
    handle(identity.pageThroughAuditEvents, async ({ query }) => {
      const filter = {
        kind: query.kind,
        actor: accountIn(query.actor),
        subject: accountIn(query.subject),
        address: query.address,
        from: momentIn(query.from),
        to: momentIn(query.to),
      }
      const { events, next } = await listEvents(db, filter, pageRequest(query))
      return ok({ items: events.map(toAuditItem), next: next?.toString() ?? null })
    }),
  ]
}

function accountIn(text: string | undefined): AccountId | undefined {
  return text === undefined ? undefined : parseId<AccountId>(text.toLowerCase())
}

/** @throws {UnknownMoment} */
function momentIn(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const moment = new Date(text)
  if (Number.isNaN(moment.getTime())) throw new UnknownMoment()
  return moment
}

/** A time that the calendar does not have, or that says more than RFC 3339 does. */
class UnknownMoment extends Rejection {
  override name = 'UnknownMoment'
  readonly code = 'unknown-moment'
  readonly reason = 'invalid'
  constructor() {
    super('from and to must be moments such as 2026-11-25T12:00:00Z')
  }
}

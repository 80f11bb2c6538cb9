import type { identity, ReplyOf } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import type { RecordedEvent } from './audit-store.ts'

type Item = ReplyOf<typeof identity.pageThroughAuditEvents>['body']['items'][number]

/** An event in the words of the contract. */
export function toAuditItem({ id, at, kind, actor, address, subject, details }: RecordedEvent): Item {
  return {
    id: id.toString(),
    at: at.toISOString(),
    kind,
    actor: { kind: actor.kind, ...(actor.uid !== undefined && named(actor.uid, actor.username)) },
    address: address ?? null,
    subject: subject ? named(subject.uid, subject.username) : null,
    details,
  }
}

function named(accountId: AccountId, username: string | undefined) {
  return { accountId, ...(username !== undefined && { username }) }
}

import type { Replicas } from '@sallyport/database'
import type { AccountId } from '@sallyport/kernel'
import type { Revocation } from '@sallyport/service'
import type { IdentityDatabase } from '../identity-database.ts'
import type { RevocationFeed } from '../sessions/revocation-feed.ts'

/** Tells of what was changed about an account and its credentials, after the commit and before anybody is answered. */
export interface AccountChanges {
  /**
   * What was revoked meets 401 from now on, and no copy of the database decides a sign-in to the account that does not know
   * of the change (enrollment E-70).
   */
  announce(uid: AccountId, revocations?: readonly Revocation[]): Promise<void>
}

export function createAccountChanges({
  feed,
  copies,
}: {
  readonly feed: Pick<RevocationFeed, 'publish'>
  readonly copies: Pick<Replicas<IdentityDatabase>, 'committed'>
}): AccountChanges {
  return {
    async announce(uid, revocations = []) {
      feed.publish(revocations)
      await copies.committed(uid)
    },
  }
}

import type { ServiceDatabase } from '@sallyport/database'
import { createJobs, type JobLog } from '@sallyport/jobs'
import type { Clock } from '@sallyport/kernel'
import { UnknownAccount } from '../accounts/account.ts'
import { findUidByLogin } from '../accounts/account-store.ts'
import { createNameDigest } from '../accounts/reserved-names.ts'
import { createAudit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { type Erasure, type ErasureId, UnknownErasure } from './erasure.ts'
import { promisedStep } from './erasure-steps.ts'
import { findErasure } from './erasure-store.ts'
import { createErasures } from './erasures.ts'

/** What an operator does about what is held of people; identity takes the steps when it runs. */
export interface PrivacyAdministration {
  /**
   * Begins to erase somebody by user name, e-mail address or id: also somebody who is deleted, and by the id also somebody whose
   * account is gone.
   *
   * @throws {UnknownAccount} @throws {ErasureUnderWay}
   */
  erase(login: string, wishes: { readonly keepsUploads: boolean }): Promise<ErasureId>
  /** @throws {UnknownErasure} */
  follow(id: ErasureId): Promise<Erasure>
  close(): Promise<void>
}

export function createPrivacyAdministration(parts: {
  readonly database: ServiceDatabase<IdentityDatabase>
  readonly clock: Clock
  readonly masterKey: Uint8Array
  readonly log: JobLog
}): PrivacyAdministration {
  const { database, clock, masterKey, log } = parts
  const { db } = database
  const jobs = createJobs({ database, service: 'identity', tasks: { 'take-erasure-step': promisedStep }, log })
  const erasures = createErasures({
    db,
    clock,
    jobs,
    // Whoever runs already reads in the table what has ended.
    changes: { announce: async () => undefined },
    audit: createAudit(clock),
    nameDigest: createNameDigest(masterKey),
    // Whoever runs tells the clients, as its last step.
    onEnded: () => undefined,
  })
  return {
    async erase(login, wishes) {
      const uid = await findUidByLogin(db, login)
      if (!uid) throw new UnknownAccount()
      return (await erasures.eraseEverything(uid, wishes, { kind: 'operator' })).id
    },
    async follow(id) {
      const erasure = await findErasure(db, id)
      if (!erasure) throw new UnknownErasure()
      return erasure
    },
    close: () => jobs.stop(),
  }
}

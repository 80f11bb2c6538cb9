import { createAudit } from '@sallyport/identity/audit'
import { findUidByName } from '@sallyport/identity/accounts'
import type { IdentityDatabase } from '@sallyport/identity'
import { resetFactors } from '@sallyport/identity/factors'
import { systemClock } from '@sallyport/kernel'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import { NoSuchAccount } from './admin-audit-tail.ts'

/** `sallyport admin accounts reset-factors`. @throws {NoSuchAccount} @throws {AccountDeleted} */
export async function resetFactorsOf(settings: Settings, username: string): Promise<void> {
  const databases = await reachDatabases(settings)
  try {
    const { db } = databases.open<IdentityDatabase>('identity')
    const uid = await findUidByName(db, username)
    if (!uid) throw new NoSuchAccount()
    // Whoever runs already reads what has ended in the table.
    const changes = { announce: async () => undefined }
    const parts = { db, clock: systemClock, audit: createAudit(systemClock), changes }
    await resetFactors(parts, uid, { kind: 'operator' })
    process.stdout.write(`${username} signs in with the password alone now; all sessions are ended\n`)
  } finally {
    await databases.stop()
  }
}

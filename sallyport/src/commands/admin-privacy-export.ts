import type { AuctionDatabase } from '@sallyport/auction'
import { exportPersonalData as exportFromAuction } from '@sallyport/auction/privacy'
import type { EnrollmentDatabase } from '@sallyport/enrollment'
import { exportPersonalData as exportFromEnrollment } from '@sallyport/enrollment/privacy'
import type { GachaDatabase } from '@sallyport/gacha'
import { exportPersonalData as exportFromGacha } from '@sallyport/gacha/privacy'
import type { IdentityDatabase } from '@sallyport/identity'
import { findUidByLogin, UnknownAccount } from '@sallyport/identity/accounts'
import { createAudit } from '@sallyport/identity/audit'
import { createPersonalDataExport, type PersonalDataSource } from '@sallyport/identity/privacy'
import { systemClock } from '@sallyport/kernel'
import type { PicturesDatabase } from '@sallyport/pictures'
import { exportPersonalData as exportFromPictures } from '@sallyport/pictures/privacy'
import type { WalletDatabase } from '@sallyport/wallet'
import { exportPersonalData as exportFromWallet } from '@sallyport/wallet/privacy'
import { type Databases, reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'
import { explainedIfNotMigrated, writeOutput } from '../transfer/output.ts'
import { countRecords } from '../transfer/progress.ts'

/**
 * `sallyport admin privacy export`: writes down everything that every service holds of somebody, by their databases, so that
 * it needs no service to run.
 *
 * @throws {UnknownAccount} @throws {TransferImpossible}
 */
export async function exportPerson(
  settings: Settings,
  login: string,
  { output }: { readonly output?: string },
): Promise<void> {
  const databases = await reachDatabases(settings)
  const progress = countRecords()
  try {
    const { db } = databases.open<IdentityDatabase>('identity')
    const uid = await findUidByLogin(db, login)
    if (!uid) throw new UnknownAccount()
    const exporting = createPersonalDataExport({
      db,
      clock: systemClock,
      audit: createAudit(systemClock),
      sources: sourcesIn(databases),
      onRecords: (part, count) => progress.add(part, count),
    })
    const { stream } = await exporting.begin(uid, { kind: 'operator' }, 'command')
    await writeOutput(stream, output)
    progress.stop()
    process.stderr.write(`${progress.summary()}\n`)
  } catch (error) {
    throw explainedIfNotMigrated(error)
  } finally {
    progress.stop()
    await databases.stop()
  }
}

function sourcesIn(databases: Pick<Databases, 'open'>): readonly PersonalDataSource[] {
  const wallet = databases.open<WalletDatabase>('wallet').db
  const gacha = databases.open<GachaDatabase>('gacha').db
  const auction = databases.open<AuctionDatabase>('auction').db
  const enrollment = databases.open<EnrollmentDatabase>('enrollment').db
  const pictures = databases.open<PicturesDatabase>('pictures').db
  return [
    { part: 'wallet', read: ({ uid }, place) => exportFromWallet(wallet, uid, place) },
    { part: 'gacha', read: ({ uid }, place) => exportFromGacha(gacha, uid, place) },
    { part: 'auction', read: ({ uid }, place) => exportFromAuction(auction, uid, place) },
    {
      part: 'enrollment',
      read: async ({ username, hasFixedName }, place) =>
        hasFixedName ? exportFromEnrollment(enrollment, username, place) : undefined,
    },
    { part: 'pictures', read: ({ uid }, place) => exportFromPictures(pictures, uid, place) },
  ]
}

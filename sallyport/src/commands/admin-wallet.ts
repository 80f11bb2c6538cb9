import { verifyLedger } from '@sallyport/wallet/audit'
import type { WalletDatabase } from '@sallyport/wallet'
import { reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'

/**
 * `sallyport admin wallet verify`: recomputes every balance from its entries and looks for whatever breaks the rules of
 * the ledger. The process ends with 1 when something does.
 */
export async function verifyWallet(settings: Settings): Promise<void> {
  const databases = await reachDatabases(settings)
  try {
    // It reads every row, however long that takes.
    const { db } = databases.open<WalletDatabase>('wallet', { statementTimeoutMs: 0 })
    const findings = await verifyLedger(db)
    for (const { invariant, subject, detail } of findings) say(`${invariant}: ${subject}: ${detail}`)
    say(findings.length === 0 ? 'the books are right' : `the books are wrong in ${findings.length} places`)
    if (findings.length > 0) process.exitCode = 1
  } finally {
    await databases.stop()
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

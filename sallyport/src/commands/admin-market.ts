import { setTimeout as sleep } from 'node:timers/promises'
import type { AuctionDatabase } from '@sallyport/auction'
import { readCommitments, verifyAuctions } from '@sallyport/auction/audit'
import type { GachaDatabase } from '@sallyport/gacha'
import { readKeptCopies, verifyCopies } from '@sallyport/gacha/audit'
import { readOpenHolds, readOpenPlayers, verifyLedger } from '@sallyport/wallet/audit'
import type { WalletDatabase } from '@sallyport/wallet'
import { type BrokenPromise, findBrokenPromises } from '../audit/promises.ts'
import { type Databases, reachDatabases } from '../databases.ts'
import type { Settings } from '../settings/settings.ts'

/** While the market is in use, what one service has just done another is about to do. */
const secondLookMs = 2000

/**
 * `sallyport admin market verify`: what `admin wallet verify` looks at, the same for gacha and auction, and whether they
 * agree about what they keep for one another. The process ends with 1 when something is wrong.
 */
export async function verifyMarket(settings: Settings): Promise<void> {
  const databases = await reachDatabases(settings)
  try {
    const services = openServices(databases)
    const findings = [
      ...(await verifyLedger(services.wallet)),
      ...(await verifyCopies(services.gacha)),
      ...(await verifyAuctions(services.auction)),
      ...(await findLastingBreaks(services)),
    ]
    for (const { invariant, subject, detail } of findings) say(`${invariant}: ${subject}: ${detail}`)
    say(findings.length === 0 ? 'the market is right' : `the market is wrong in ${findings.length} places`)
    if (findings.length > 0) process.exitCode = 1
  } finally {
    await databases.stop()
  }
}

function openServices(databases: Pick<Databases, 'open'>) {
  // Every row is read, however long that takes.
  const unlimited = { statementTimeoutMs: 0 }
  return {
    wallet: databases.open<WalletDatabase>('wallet', unlimited).db,
    gacha: databases.open<GachaDatabase>('gacha', unlimited).db,
    auction: databases.open<AuctionDatabase>('auction', unlimited).db,
  }
}

/** What does not fit, and still does not a moment later. */
async function findLastingBreaks(services: ReturnType<typeof openServices>): Promise<BrokenPromise[]> {
  const first = await compare(services)
  if (first.length === 0) return []
  await sleep(secondLookMs)
  const seen = new Set(first.map(nameOf))
  return (await compare(services)).filter((broken) => seen.has(nameOf(broken)))
}

async function compare({ wallet, gacha, auction }: ReturnType<typeof openServices>): Promise<BrokenPromise[]> {
  const holds = await readOpenHolds(wallet)
  const keptCopies = await readKeptCopies(gacha)
  const commitments = await readCommitments(auction)
  const leaders = commitments.flatMap(({ hold }) => (hold ? [hold.uid] : []))
  const openPlayers = await readOpenPlayers(wallet, [...new Set(leaders)])
  return findBrokenPromises({ holds, keptCopies, commitments, openPlayers })
}

function nameOf({ invariant, subject }: BrokenPromise): string {
  return `${invariant} ${subject}`
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

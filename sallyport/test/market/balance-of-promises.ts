import { readCommitments, verifyAuctions } from '@sallyport/auction/audit'
import { readKeptCopies, verifyCopies } from '@sallyport/gacha/audit'
import { readOpenHolds, readOpenPlayers, verifyLedger } from '@sallyport/wallet/audit'
import { expect } from 'vitest'
import { findBrokenPromises } from '../../src/audit/promises.ts'
import type { Databases } from './world.ts'

/**
 * What must be true of the market whenever nothing is under way: the books are right, collections and auctions too, and
 * each service keeps for the others what they count on.
 */
export async function expectRightMarket({ wallet, gacha, auction }: Databases): Promise<void> {
  expect(await verifyLedger(wallet.database.db)).toEqual([])
  expect(await verifyCopies(gacha.database.db)).toEqual([])
  expect(await verifyAuctions(auction.database.db)).toEqual([])
  const commitments = await readCommitments(auction.database.db)
  const leaders = commitments.flatMap(({ hold }) => (hold ? [hold.uid] : []))
  expect(
    findBrokenPromises({
      commitments,
      holds: await readOpenHolds(wallet.database.db),
      openPlayers: await readOpenPlayers(wallet.database.db, leaders),
      keptCopies: await readKeptCopies(gacha.database.db),
    }),
  ).toEqual([])
  // Nothing is left half done.
  const { rows } = await auction.database.pool.query(
    `select id, state from auction where retry_at is not null or batch_id is not null
     union all select id, 'offers' from offer_batch`,
  )
  expect(rows).toEqual([])
}

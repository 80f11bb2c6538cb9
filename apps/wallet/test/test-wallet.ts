import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, type Clock, newId, Rejection } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import { expect } from 'vitest'
import { migrations, type WalletDatabase } from '../src/index.ts'
import { verifyLedger } from '../src/audit/index.ts'
import { createHolds, type Holds } from '../src/holds/holds.ts'
import type { OfferBatchId } from '../src/holds/offers.ts'
import { createLedger, type Ledger } from '../src/ledger/ledger.ts'
import { parseTux } from '../src/ledger/money.ts'
import type { AuctionId, HoldId, TransferId } from '../src/ledger/transfer.ts'

/** A clock that stands until it is moved. */
export interface StandingClock extends Clock {
  moveSeconds(seconds: number): void
}

/** A ledger over a fresh database, used with the rights that the service has in production. */
export interface TestWallet {
  readonly test: TestDatabase<WalletDatabase>
  readonly db: Kysely<WalletDatabase>
  readonly ledger: Ledger
  readonly holds: Holds
  readonly clock: StandingClock
  /** An open player who has bought so many TUX. */
  playerWith(tux: number): Promise<AccountId>
  /** Freezes so many of a player's TUX, on a lot of its own. */
  hold(uid: string, tux: number): Promise<HoldId>
}

export async function createTestWallet(): Promise<TestWallet> {
  const test = await createTestDatabase<WalletDatabase>({ service: 'wallet', migrations })
  const { db } = test.database
  const clock = standingClock(new Date('2026-08-01T12:00:00Z'))
  const ledger = createLedger({ db, clock })
  const holds = createHolds({ db, clock })
  return {
    test,
    db,
    ledger,
    holds,
    clock,
    async playerWith(tux) {
      const uid = newId<AccountId>()
      await ledger.openPlayer(uid)
      if (tux > 0) await ledger.buy(uid, parseTux(tux), newId<TransferId>())
      return uid
    },
    async hold(uid, tux) {
      const id = newId<HoldId>()
      const offers = [{ id, lot: newId<AuctionId>(), uid, amount: parseTux(tux) }]
      expect(await holds.placeOffers({ id: newId<OfferBatchId>(), offers, standing: [] })).toEqual(['held'])
      return id
    },
  }
}

function standingClock(start: Date): StandingClock {
  let now = start
  return {
    now: () => now,
    moveSeconds(seconds) {
      now = new Date(now.getTime() + seconds * 1000)
    },
  }
}

/** Opens all connections of the pool, so that requests sent together arrive together. */
export async function warmUp({ test }: TestWallet): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, () => test.database.pool.query('select pg_sleep(0.05)')))
}

/** What must be true of the books at any time; all of them, so a test that uses it has the database for itself. */
export async function expectBalancedBooks(db: Kysely<WalletDatabase>): Promise<void> {
  expect(await verifyLedger(db)).toEqual([])
}

/** What a call answered, several outcomes joined by commas, or `done`, or the name of the rejection it ended in. Anything else that is thrown fails the test. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    const answer = await call
    return typeof answer === 'string' || Array.isArray(answer) ? String(answer) : 'done'
  } catch (error) {
    if (error instanceof Rejection) return error.name
    throw error
  }
}

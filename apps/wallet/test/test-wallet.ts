import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, type Clock, newId, Rejection } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import { expect } from 'vitest'
import { migrations, type WalletDatabase } from '../src/index.ts'
import { createLedger, type Ledger } from '../src/ledger/ledger.ts'
import { parseTux } from '../src/ledger/money.ts'
import type { TransferId } from '../src/ledger/transfer.ts'

/** A clock that stands until it is moved. */
export interface StandingClock extends Clock {
  moveSeconds(seconds: number): void
}

/** A ledger over a fresh database, used with the rights that the service has in production. */
export interface TestWallet {
  readonly test: TestDatabase<WalletDatabase>
  readonly db: Kysely<WalletDatabase>
  readonly ledger: Ledger
  readonly clock: StandingClock
  /** An open player who has bought so many TUX. */
  playerWith(tux: number): Promise<AccountId>
}

export async function createTestWallet(): Promise<TestWallet> {
  const test = await createTestDatabase<WalletDatabase>({ service: 'wallet', migrations })
  const { db } = test.database
  const clock = standingClock(new Date('2026-08-01T12:00:00Z'))
  const ledger = createLedger({ db, clock })
  return {
    test,
    db,
    ledger,
    clock,
    async playerWith(tux) {
      const uid = newId<AccountId>()
      await ledger.openPlayer(uid)
      if (tux > 0) await ledger.buy(uid, parseTux(tux), newId<TransferId>())
      return uid
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
  const totals = await sql<{ currency: string; total: string }>`
    select currency, sum(amount)::text as total
    from (select currency, balance as amount from account
          union all select currency, amount from entry where house is not null) as books
    group by currency`.execute(db)
  for (const { currency, total } of totals.rows) expect({ currency, total }).toEqual({ currency, total: '0' })

  const wrongBalances = await sql`
    select account.uid, account.currency from account left join entry using (uid, currency)
    group by account.uid, account.currency, balance having balance <> coalesce(sum(amount), 0)`.execute(db)
  expect(wrongBalances.rows).toEqual([])

  const unbalanced = await sql`
    select transfer_id from entry group by transfer_id, currency having sum(amount) <> 0`.execute(db)
  expect(unbalanced.rows).toEqual([])

  const moved = await sql`
    select id from transfer where state <> 'booked' and exists (select from entry where transfer_id = id)`.execute(db)
  expect(moved.rows).toEqual([])

  const wrongHistory = await sql`
    select last.id from (select distinct on (uid) * from transfer where uid is not null order by uid, sequence desc) as last
    join account on account.uid = last.uid
    where balance <> case currency when 'tux' then tux_after else fiat_after end`.execute(db)
  expect(wrongHistory.rows).toEqual([])
}

/** What a call answered, or `done`, or the name of the rejection it ended in. Anything else that is thrown fails the test. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    const answer = await call
    return typeof answer === 'string' ? answer : 'done'
  } catch (error) {
    if (error instanceof Rejection) return error.name
    throw error
  }
}

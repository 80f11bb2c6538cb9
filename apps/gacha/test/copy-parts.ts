import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, newId, Rejection, systemClock } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import { expect } from 'vitest'
import { type Catalogue, createCatalogue } from '../src/catalogue/catalogue.ts'
import { type Collections, createCollections } from '../src/collections/collections.ts'
import { createEscrows, type Escrows } from '../src/escrow/escrows.ts'
import { type GachaDatabase, migrations } from '../src/index.ts'

/** What moves copies, over a fresh database without a catalogue. */
export interface CopyParts {
  readonly test: TestDatabase<GachaDatabase>
  readonly db: Kysely<GachaDatabase>
  readonly catalogue: Catalogue
  readonly collections: Collections
  readonly escrows: Escrows
  /** A player with an open collection. */
  newPlayer(): Promise<AccountId>
  /** Adds a gacha of rarity 1 under a name that no other has. */
  newGacha(): Promise<string>
}

export async function createCopyParts(): Promise<CopyParts> {
  const test = await createTestDatabase<GachaDatabase>({ service: 'gacha', migrations })
  const { db } = test.database
  const [catalogue, collections] = [createCatalogue(db), createCollections({ db, clock: systemClock })]
  return {
    test,
    db,
    catalogue,
    collections,
    escrows: createEscrows({ db, clock: systemClock }),
    async newPlayer() {
      const uid = newId<AccountId>()
      await collections.open(uid)
      return uid
    },
    async newGacha() {
      const name = newName()
      await catalogue.add({ name, rarity: '1', image: '' })
      return name
    },
  }
}

/** A name for a gacha that no other has: the digits of an id as letters. */
export function newName(): string {
  const letters = newId()
    .replaceAll('-', '')
    .replaceAll(/\d/g, (digit) => 'ghijklmnop'.charAt(Number(digit)))
  return letters.slice(0, 30)
}

/** Opens all connections of the pool, so that requests sent together arrive together. */
export async function warmUp({ database }: TestDatabase<GachaDatabase>): Promise<void> {
  await Promise.all(Array.from({ length: 10 }, () => database.pool.query('select pg_sleep(0.05)')))
}

/** Resolves when so many statements have come to locks that others hold. */
export async function untilWaiting(db: Kysely<GachaDatabase>, statements: number): Promise<void> {
  const waiting = sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
  await expect.poll(async () => (await waiting.execute(db)).rows.length, { interval: 10 }).toBe(statements)
}

/** What a call answered, or `done` when it was nothing, or the name of the rejection it ended in. Anything else that is thrown fails the test. */
export async function outcomeOf(call: Promise<string | readonly string[] | number | void>): Promise<string> {
  try {
    const answer = await call
    return answer === undefined ? 'done' : [answer].flat().join()
  } catch (error) {
    if (error instanceof Rejection) return error.name
    throw error
  }
}

import { type AccountId, newId } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import type { WalletDatabase } from '../src/index.ts'
import type { TransferId } from '../src/ledger/transfer.ts'
import { createTestWallet, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let asOwner: ServiceDatabase<WalletDatabase>
let uid: AccountId
beforeAll(async () => {
  wallet = await createTestWallet()
  asOwner = openDatabase<WalletDatabase>({ connection: wallet.test.ownerConnection, service: 'wallet' })
  uid = await wallet.playerWith(100)
})
afterAll(async () => {
  await asOwner.close()
  await wallet.test.drop()
})

const changes = [
  'update entry set amount = amount * 2',
  'update entry set amount = amount * 2 where false',
  'delete from entry',
  'truncate entry',
  "update transfer set state = 'voided'",
  'delete from transfer',
  'truncate transfer cascade',
]
const changesOfBalances = [
  'update account set balance = balance + 1',
  'truncate account cascade',
  'delete from account',
  'delete from player',
]

describe('§5 what is written stays', () => {
  it.each([...changes, ...changesOfBalances.slice(1)])('the service has no privilege to %s', async (statement) => {
    await expect(sql.raw(statement).execute(wallet.db)).rejects.toMatchObject({ code: '42501' })
  })

  it.each([...changes, ...changesOfBalances.slice(0, 3)])('a trigger keeps the owner from %s', async (statement) => {
    await expect(sql.raw(statement).execute(asOwner.db)).rejects.toMatchObject({ code: '23001' })
  })

  it('a balance follows its entries and cannot be set', async () => {
    await expect(sql`update account set balance = 0`.execute(wallet.db)).rejects.toMatchObject({ code: '23001' })
    const other = newId<AccountId>()
    await sql`insert into player values (${other}, now(), null)`.execute(wallet.db)
    await expect(sql`insert into account values (${other}, 'tux', 1000000)`.execute(wallet.db)).rejects.toMatchObject({
      code: '23001',
    })
  })

  it('a transfer of an earlier transaction takes no more entries', async () => {
    const id = newId<TransferId>()
    await wallet.ledger.chargeRoll(uid, id)
    await expect(addEntries(wallet.db, id, { lines: [8, 9], amounts: [-1, 1] })).rejects.toMatchObject({
      code: '23001',
    })
  })
})

describe('§5 the books balance', () => {
  it.each([
    ['entries that do not sum to zero', 'booked', [-5, 4], '23514'],
    ['a single entry', 'booked', [-5], '23514'],
    ['an entry of zero', 'booked', [0, 0], '23514'],
    ['more than there is', 'booked', [-2_000_000_000, 2_000_000_000], '23514'],
    ['a movement without entries', 'booked', [], '23514'],
    ['entries of a refused transfer', 'refused', [-5, 5], '23001'],
  ] as const)('refuses %s', async (_, state, amounts, code) => {
    const before = await wallet.ledger.balances(uid)
    await expect(transfer(state, amounts)).rejects.toMatchObject({ code })
    expect(await wallet.ledger.balances(uid)).toEqual(before)
  })

  it('is checked at commit: entries may come one by one', async () => {
    const before = await wallet.ledger.balances(uid)
    await transfer('booked', [-5, 5])
    expect((await wallet.ledger.balances(uid)).tux).toBe(before.tux - 5n)
  })

  it('refuses a currency under the account of another', async () => {
    await expect(
      wallet.db.transaction().execute(async (tx) => {
        const id = await insertTransfer(tx, 'booked')
        await sql`insert into entry values
          (${id}, 1, 'tux', ${uid}, null, -5), (${id}, 2, 'tux', null, 'fiat-earned', 5)`.execute(tx)
      }),
    ).rejects.toMatchObject({ code: '23514' })
  })
})

/** Writes a transfer past the rules, with entries between the player and the house, one statement each. */
async function transfer(state: 'booked' | 'refused', amounts: readonly number[]): Promise<void> {
  await wallet.db.transaction().execute(async (tx) => {
    const id = await insertTransfer(tx, state)
    for (const [index, amount] of amounts.entries())
      await addEntries(tx, id, { lines: [index], amounts: [amount], house: index > 0 })
  })
}

async function insertTransfer(db: Kysely<WalletDatabase>, state: 'booked' | 'refused'): Promise<TransferId> {
  const id = newId<TransferId>()
  await sql`insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at)
    values (${id}, 'roll', ${state}, ${Buffer.alloc(32)}, ${uid}, 5, 0, 0, now())`.execute(db)
  return id
}

async function addEntries(
  db: Kysely<WalletDatabase>,
  id: TransferId,
  { lines, amounts, house = false }: { lines: number[]; amounts: readonly number[]; house?: boolean },
): Promise<void> {
  await sql`insert into entry (transfer_id, line, currency, uid, house, amount)
    select ${id}, line, 'tux', case when ${house} then null else ${uid}::uuid end,
      case when ${house} then 'tux-spent' end, amount
    from unnest(${lines}::smallint[], ${amounts}::bigint[]) as given (line, amount)`.execute(db)
}

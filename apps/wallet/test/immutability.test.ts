import { type AccountId, newId } from '@sallyport/kernel'
import { type Kysely, type RawBuilder, sql } from 'kysely'
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
    await expect(transfer(wallet.db, state, amounts)).rejects.toMatchObject({ code })
    expect(await wallet.ledger.balances(uid)).toEqual(before)
  })

  it('takes a transfer with all of its entries', async () => {
    const before = await wallet.ledger.balances(uid)
    await transfer(wallet.db, 'booked', [-5, 5])
    expect((await wallet.ledger.balances(uid)).tux).toBe(before.tux - 5n)
  })

  it('refuses entries that come later in the same transaction', async () => {
    const before = await wallet.ledger.balances(uid)
    await expect(
      wallet.db.transaction().execute(async (tx) => {
        const id = await transfer(tx, 'booked', [-5, 5])
        await addEntries(tx, id, { lines: [8, 9], amounts: [-1, 1] })
      }),
    ).rejects.toMatchObject({ code: '23001' })
    expect(await wallet.ledger.balances(uid)).toEqual(before)
  })

  it('refuses a currency under the account of another', async () => {
    await expect(
      sql`
        with recorded as (${insertTransfer(newId(), 'booked')})
        insert into entry (transfer_id, line, currency, uid, house, amount)
        select id, line, 'tux', uid, house, amount
        from recorded, (values (1, ${uid}::uuid, null, -5), (2, null, 'fiat-earned', 5)) as given (line, uid, house, amount)`.execute(
        wallet.db,
      ),
    ).rejects.toMatchObject({ code: '23514' })
  })
})

/** Writes a transfer past the rules, with entries of the player and, after the first, of the house. */
async function transfer(
  db: Kysely<WalletDatabase>,
  state: 'booked' | 'refused',
  amounts: readonly number[],
): Promise<TransferId> {
  const id = newId<TransferId>()
  await sql`
    with recorded as (${insertTransfer(id, state)})
    insert into entry (transfer_id, line, currency, uid, house, amount)
    select id, line, 'tux', case line when 1 then ${uid}::uuid end, case when line > 1 then 'tux-spent' end, amount
    from recorded, unnest(${amounts}::bigint[]) with ordinality as given (amount, line)`.execute(db)
  return id
}

function insertTransfer(id: TransferId, state: 'booked' | 'refused'): RawBuilder<unknown> {
  return sql`
    insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at)
    values (${id}, 'roll', ${state}, ${Buffer.alloc(32)}, ${uid}, 5, 0, 0, now())
    returning id`
}

async function addEntries(
  db: Kysely<WalletDatabase>,
  id: TransferId,
  { lines, amounts }: { lines: number[]; amounts: readonly number[] },
): Promise<void> {
  await sql`insert into entry (transfer_id, line, currency, uid, amount)
    select ${id}, line, 'tux', ${uid}, amount
    from unnest(${lines}::smallint[], ${amounts}::bigint[]) as given (line, amount)`.execute(db)
}

import { type AccountId, newId } from '@sallyport/kernel'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WalletDatabase } from '../src/index.ts'
import type { HoldId } from '../src/ledger/transfer.ts'
import { createTestWallet, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let asOwner: ServiceDatabase<WalletDatabase>
let uid: AccountId
let seller: AccountId
/** An open hold of 10 TUX. */
let open: HoldId
beforeAll(async () => {
  wallet = await createTestWallet()
  asOwner = openDatabase<WalletDatabase>({ connection: wallet.test.ownerConnection, service: 'wallet' })
  uid = await wallet.playerWith(100)
  seller = await wallet.playerWith(0)
  open = await wallet.hold(uid, 10)
  await wallet.hold(uid, 10)
  const hold = await wallet.hold(uid, 10)
  await wallet.holds.settle([{ hold, sale: { seller, auctionId: newId() } }])
})
afterAll(async () => {
  await asOwner.close()
  await wallet.test.drop()
})

const hash = "decode(repeat('00', 32), 'hex')"

describe('§5 a hold', () => {
  it.each(['delete from hold', 'truncate hold cascade'])('is never removed: %s', async (statement) => {
    await expect(sql.raw(statement).execute(wallet.db)).rejects.toMatchObject({ code: '42501' })
    await expect(sql.raw(statement).execute(asOwner.db)).rejects.toMatchObject({ code: '23001' })
  })

  it.each([
    ["update hold set state = 'open', ended_at = null, capture_hash = null where state = 'captured'", '23001'],
    ["update hold set state = 'released' where state = 'captured'", '23001'],
    ["update hold set amount = 0 where state = 'open'", '23001'],
    ["update hold set state = 'released', ended_at = now(), amount = 0 where state = 'open'", '23001'],
    ['update hold set placed_at = now()', '23001'],
    ['update account set held = 0', '23001'],
    [`update hold set state = 'captured', ended_at = now(), capture_hash = ${hash} where state = 'open'`, '23514'],
    ["update hold set state = 'released' where state = 'open'", '23514'],
  ])('ends once, by the rules, and nothing else of it changes: %s', async (statement, code) => {
    await expect(sql.raw(statement).execute(asOwner.db)).rejects.toMatchObject({ code })
  })

  it.each([
    ['more than the player has', 'open', 100_000_000, '23514'],
    ['less than nothing', 'open', -1, '23514'],
    ['what has ended already', 'released', 1, '23001'],
  ])('cannot be of %s', async (_, state, amount, code) => {
    const ended = state === 'open' ? null : new Date()
    await expect(
      sql`insert into hold (id, state, uid, amount, placed_at, ended_at)
        values (${newId()}, ${state}, ${uid}, ${amount}, now(), ${ended})`.execute(asOwner.db),
    ).rejects.toMatchObject({ code })
  })

  it('cannot be of more than the player has together with others of the same statement', async () => {
    await expect(
      sql`insert into hold (id, state, uid, amount, placed_at)
        select gen_random_uuid(), 'open', ${uid}, 30000000, now() from generate_series(1, 3)`.execute(asOwner.db),
    ).rejects.toMatchObject({ code: '23514' })
  })

  it('needs an account, and an account starts without', async () => {
    const other = newId<AccountId>()
    await sql`insert into player values (${other}, now(), null)`.execute(asOwner.db)
    await expect(
      sql`insert into hold (id, state, uid, amount, placed_at)
        select gen_random_uuid(), 'open', uid, 0, now() from unnest(${[uid, other]}::uuid[]) as uid`.execute(
        asOwner.db,
      ),
    ).rejects.toMatchObject({ code: '23503' })
    await expect(
      sql`insert into account (uid, currency, held) values (${other}, 'tux', 1)`.execute(asOwner.db),
    ).rejects.toMatchObject({ code: '23001' })
  })

  it('moves what is held with it, many in one statement', async () => {
    const other = await wallet.playerWith(50)
    const holds = [await wallet.hold(other, 5), await wallet.hold(other, 6)]
    await sql`update hold set state = 'released', ended_at = now() where id = any(${holds}::uuid[])`.execute(asOwner.db)
    expect((await wallet.ledger.balances(other)).tux).toBe(50_000_000n)
  })
})

/** What to write of a sale out of a hold of 10 TUX, past the rules. */
interface Writing {
  readonly hold: HoldId
  readonly buyer: AccountId
  readonly requested: number
  /** From the buyer to the house or the seller, in millionths. */
  readonly entries: readonly { readonly uid: AccountId | null; readonly amount: number }[]
  /** Whether the hold is captured in the same statement. */
  readonly captures: boolean
}

/** Captures and pays in one statement, as the service does. */
async function sellPastTheRules(db: Kysely<WalletDatabase>, { hold, buyer, requested, entries, captures }: Writing) {
  await sql`
    with ended as (
      update hold set state = 'captured', ended_at = now(), capture_hash = ${Buffer.alloc(32)}
      where id = ${hold} and ${captures}
    ), recorded as (
      insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at,
        hold_id, seller_uid, auction_id)
      values (${newId()}, 'sale', 'booked', ${Buffer.alloc(32)}, ${buyer}, ${requested}, 0, 0, now(),
        ${hold}, ${seller}, ${newId()})
      returning id
    )
    insert into entry (transfer_id, line, currency, uid, house, amount)
    select id, line, 'tux', uid, case when uid is null then 'tux-spent' end, amount
    from recorded, unnest(${entries.map(({ uid }) => uid)}::uuid[], ${entries.map(({ amount }) => amount)}::int8[])
      with ordinality as given (uid, amount, line)`.execute(db)
}

const ten = 10_000_000

describe('§5 a sale', () => {
  const right = (): Writing => ({
    hold: open,
    buyer: uid,
    requested: ten,
    entries: [
      { uid, amount: -ten },
      { uid: seller, amount: ten },
    ],
    captures: true,
  })

  it.each<[string, () => Partial<Writing>, string]>([
    ['an open hold', () => ({ captures: false }), '23514'],
    ['the hold of another', () => ({ buyer: newcomer }), '23514'],
    ['a hold of more', () => ({ requested: 5, entries: halves(uid, seller) }), '23514'],
    [
      'a hold, to the house',
      () => ({
        entries: [
          { uid, amount: -ten },
          { uid: null, amount: ten },
        ],
      }),
      '23514',
    ],
    ['a hold, half of it', () => ({ entries: halves(uid, seller) }), '23514'],
    ['a hold, twice', () => ({ entries: [...right().entries, ...right().entries] }), '23514'],
    ['a hold, with nothing', () => ({ entries: [] }), '23514'],
    ['a hold, and the TUX with it', () => ({ entries: right().entries.slice(1) }), '23514'],
  ])('cannot be paid out of %s', async (_, change, code) => {
    await expect(sellPastTheRules(asOwner.db, { ...right(), ...change() })).rejects.toMatchObject({ code })
  })

  let newcomer: AccountId
  beforeAll(async () => {
    newcomer = await wallet.playerWith(100)
  })

  it('cannot be paid out of a hold that is paid', async () => {
    await expect(
      sql`insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at,
          hold_id, seller_uid, auction_id)
        select ${newId()}, 'sale', 'booked', ${Buffer.alloc(32)}, hold.uid, 0, 0, 0, now(), hold.id, ${seller}, ${newId()}
        from hold where hold.state = 'captured'`.execute(asOwner.db),
    ).rejects.toMatchObject({ code: '23505' })
  })

  it('takes no more entries in the same transaction, also one of nothing', async () => {
    const nothing = await wallet.hold(uid, 0)
    for (const writing of [right(), { ...right(), hold: nothing, requested: 0, entries: [] }])
      await expect(
        asOwner.db.transaction().execute(async (tx) => {
          await sellPastTheRules(tx, writing)
          await sql`insert into entry (transfer_id, line, currency, uid, amount)
            select transfer.id, line, 'tux', case line when 8 then transfer.uid else seller_uid end, case line when 8 then -1 else 1 end
            from transfer, unnest(array[8, 9]) as line where hold_id = ${writing.hold}`.execute(tx)
        }),
      ).rejects.toMatchObject({ code: '23001' })
  })

  it('is taken when it agrees with its hold', async () => {
    await sellPastTheRules(asOwner.db, right())
    expect((await wallet.ledger.balances(seller)).tux).toBe(20_000_000n)
  })
})

function halves(buyer: AccountId, seller: AccountId): Writing['entries'] {
  return [
    { uid: buyer, amount: -ten / 2 },
    { uid: seller, amount: ten / 2 },
  ]
}

describe('§5 the answer to a batch', () => {
  it('is written once', async () => {
    await expect(sql`update offer_batch set outcomes = '{}'`.execute(wallet.db)).rejects.toMatchObject({
      code: '42501',
    })
    for (const statement of ["update offer_batch set outcomes = '{}'", 'truncate offer_batch'])
      await expect(sql.raw(statement).execute(asOwner.db)).rejects.toMatchObject({ code: '23001' })
  })
})

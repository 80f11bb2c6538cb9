import { type AccountId, newId } from '@sallyport/kernel'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WalletDatabase } from '../src/index.ts'
import { parseTux } from '../src/ledger/money.ts'
import type { HoldId } from '../src/ledger/transfer.ts'
import { createTestWallet, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let asOwner: ServiceDatabase<WalletDatabase>
let uid: AccountId
beforeAll(async () => {
  wallet = await createTestWallet()
  asOwner = openDatabase<WalletDatabase>({ connection: wallet.test.ownerConnection, service: 'wallet' })
  uid = await wallet.playerWith(100)
  const seller = await wallet.playerWith(0)
  for (let count = 0; count < 2; count += 1)
    await wallet.holds.place({ id: newId<HoldId>(), uid, amount: parseTux(10), releases: [] })
  const id = newId<HoldId>()
  await wallet.holds.place({ id, uid, amount: parseTux(10), releases: [] })
  await wallet.holds.capture({ id, seller, auctionId: newId() })
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
      sql`insert into hold (id, state, uid, amount, request_hash, placed_at, ended_at)
        values (${newId()}, ${state}, ${uid}, ${amount}, ${Buffer.alloc(32)}, now(), ${ended})`.execute(asOwner.db),
    ).rejects.toMatchObject({ code })
  })

  it('needs an account, and an account starts without', async () => {
    const other = newId<AccountId>()
    await sql`insert into player values (${other}, now(), null)`.execute(asOwner.db)
    await expect(
      sql`insert into hold (id, state, uid, amount, request_hash, placed_at)
        values (${newId()}, 'open', ${other}, 0, ${Buffer.alloc(32)}, now())`.execute(asOwner.db),
    ).rejects.toMatchObject({ code: '23503' })
    await expect(
      sql`insert into account (uid, currency, held) values (${other}, 'tux', 1)`.execute(asOwner.db),
    ).rejects.toMatchObject({ code: '23001' })
  })
})

describe('§5 a sale', () => {
  it.each([
    ['an open hold', 'open'],
    ['a hold that is paid', 'captured'],
  ])('cannot be paid out of %s', async (_, state) => {
    await expect(
      sql`insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at,
          hold_id, seller_uid, auction_id)
        select ${newId()}, 'sale', 'booked', ${Buffer.alloc(32)}, hold.uid, 0, 0, 0, now(), hold.id, player.uid, ${newId()}
        from hold, player where hold.state = ${state} and player.uid <> hold.uid limit 1`.execute(asOwner.db),
    ).rejects.toMatchObject({ code: state === 'open' ? '23514' : '23505' })
  })
})

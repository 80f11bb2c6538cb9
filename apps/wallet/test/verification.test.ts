import { newId } from '@sallyport/kernel'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invariants } from '../src/audit/invariants.ts'
import { verifyLedger } from '../src/audit/index.ts'
import type { WalletDatabase } from '../src/index.ts'
import { parseTux } from '../src/ledger/money.ts'
import { createTestWallet, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let asSuperuser: ServiceDatabase<WalletDatabase>
beforeAll(async () => {
  wallet = await createTestWallet()
  const connection = { ...wallet.test.ownerConnection, user: 'postgres' }
  asSuperuser = openDatabase<WalletDatabase>({ connection, service: 'wallet' })
  const [buyer, seller, gone] = [await wallet.playerWith(100), await wallet.playerWith(0), await wallet.playerWith(10)]
  await wallet.ledger.chargeRoll(buyer, newId())
  await wallet.ledger.buy(buyer, parseTux(5000), newId()).catch(() => undefined)
  for (const seconds of [1, 2]) {
    const hold = await wallet.hold(buyer, 20)
    if (seconds === 1) await wallet.holds.settle([{ hold, sale: { seller, auctionId: newId() } }])
  }
  await wallet.ledger.closePlayer(gone)
})
afterAll(async () => {
  await asSuperuser.close()
  await wallet.test.drop()
})

/** What is found after damage that no trigger was there to refuse; it is undone afterwards. */
async function findingsAfter(damage: readonly string[]): Promise<ReadonlySet<string>> {
  const tx = await asSuperuser.db.startTransaction().execute()
  try {
    await sql`set local session_replication_role = replica`.execute(tx)
    for (const statement of damage) await sql.raw(statement).execute(tx)
    return new Set((await verifyLedger(tx)).map(({ invariant }) => invariant))
  } finally {
    await tx.rollback().execute()
  }
}

const unchecked = 'alter table account drop constraint account_held_check'
const damages: readonly (readonly [string, ...string[]])[] = [
  ['transfers-sum-to-zero', "update entry set amount = amount + 1 where house = 'tux-spent'"],
  ['entries-have-a-booked-transfer', "delete from transfer where kind = 'closing'"],
  ['entries-have-a-booked-transfer', "update transfer set state = 'refused' where kind = 'roll'"],
  ['booked-transfers-have-entries', "delete from entry where house = 'fiat-issued' or currency = 'fiat'"],
  ['booked-transfers-have-entries', "update transfer set state = 'booked' where state = 'refused'"],
  ['transfers-move-what-was-asked', "update transfer set requested = requested + 1 where kind = 'roll'"],
  ['balances-follow-entries', "update account set balance = balance + 1 where currency = 'tux'"],
  ['balances-follow-entries', "delete from account where currency = 'fiat'"],
  ['held-follows-open-holds', 'update account set held = 0'],
  ['held-follows-open-holds', "update hold set amount = amount + 1 where state = 'open'"],
  ['held-follows-open-holds', "delete from hold where state = 'open'"],
  ['nothing-is-negative', unchecked, 'update account set held = balance + 1 where held > 0'],
  ['captured-holds-are-paid-once', "delete from transfer where kind = 'sale'"],
  ['captured-holds-are-paid-once', "update hold set amount = amount + 1 where state = 'captured'"],
  [
    'sales-have-a-captured-hold',
    "update hold set state = 'open', ended_at = null, capture_hash = null where state = 'captured'",
  ],
  ['sales-have-a-captured-hold', "delete from hold where state = 'captured'"],
  [
    'sales-pay-the-seller',
    "update transfer set seller_uid = (select uid from player where closed_at is not null) where kind = 'sale'",
  ],
  ['open-players-are-complete', "delete from transfer where kind = 'opening'"],
  ['open-players-are-complete', "delete from account where currency = 'fiat'"],
  ['closed-players-have-nothing', 'update player set closed_at = now()'],
  ['history-follows-entries', "update transfer set tux_after = tux_after + 100000000 where kind = 'roll'"],
  ['history-follows-entries', "update transfer set fiat_after = fiat_after + 1 where kind = 'sale'"],
  ['players-and-house-come-to-zero', "delete from entry where house = 'tux-emitted'"],
]

describe('§5 verifying the ledger', () => {
  it('finds nothing when nothing is wrong', async () => {
    expect(await verifyLedger(wallet.db)).toEqual([])
  })

  it.each(damages)('finds that %s does not hold: %s', async (invariant, ...damage) => {
    expect(await findingsAfter(damage)).toContain(invariant)
  })

  it('is seen to find each kind of damage', () => {
    expect(new Set(damages.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(invariants)))
  })

  it('says what is wrong, and with what', async () => {
    const tx = await asSuperuser.db.startTransaction().execute()
    await sql`set local session_replication_role = replica`.execute(tx)
    await sql`update account set held = 19000000 where held > 0`.execute(tx)
    expect(await verifyLedger(tx)).toEqual([
      {
        invariant: 'held-follows-open-holds',
        subject: expect.stringMatching(/^[0-9a-f-]{36}$/),
        detail: 'held is 19000000, the open holds come to 20000000',
      },
    ])
    await tx.rollback().execute()
  })
})

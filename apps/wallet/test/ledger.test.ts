import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseTux, tuxToNumber } from '../src/ledger/money.ts'
import {
  CannotAfford,
  NegativeAmount,
  NotEnoughTux,
  TransferConflict,
  UnknownPlayer,
} from '../src/ledger/rejections.ts'
import type { TransferId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
afterAll(async () => {
  await expectBalancedBooks(wallet.db)
  await wallet.test.drop()
})

const tuxOf = async (uid: string): Promise<number> => tuxToNumber((await wallet.ledger.balances(uid)).tux)
const countTransfers = async (): Promise<number> =>
  (await wallet.db.selectFrom('transfer').select('id').execute()).length

describe('opening and closing', () => {
  it('§10 opens once, however often it is asked', async () => {
    const uid = newId<AccountId>()
    expect(await wallet.ledger.openPlayer(uid)).toBe('open')
    expect(await wallet.ledger.openPlayer(uid)).toBe('open')
    expect(await wallet.ledger.balances(uid)).toEqual({ tux: 0n, fiat: 6_000_000_000n, held: 0n })
    expect(await wallet.ledger.history(uid)).toEqual([])
  })

  it('§11 closes once, and takes back what was left', async () => {
    const uid = await wallet.playerWith(120)
    await wallet.ledger.closePlayer(uid)
    await wallet.ledger.closePlayer(uid)
    await expect(wallet.ledger.balances(uid)).rejects.toThrow(UnknownPlayer)
    await expect(wallet.ledger.history(uid)).rejects.toThrow(UnknownPlayer)
    const accounts = await wallet.db.selectFrom('account').select('balance').where('uid', '=', uid).execute()
    expect(accounts).toEqual([{ balance: 0n }, { balance: 0n }])
    const kinds = await wallet.db
      .selectFrom('transfer')
      .select('kind')
      .where('uid', '=', uid)
      .orderBy('sequence')
      .execute()
    expect(kinds.map(({ kind }) => kind)).toEqual(['opening', 'purchase', 'closing'])
  })

  it('§5 leaves a tombstone when the close overtakes the open', async () => {
    const uid = newId<AccountId>()
    await wallet.ledger.closePlayer(uid)
    expect(await wallet.ledger.openPlayer(uid)).toBe('closed')
    await expect(wallet.ledger.balances(uid)).rejects.toThrow(UnknownPlayer)
  })

  it('stays closed', async () => {
    const uid = await wallet.playerWith(10)
    await wallet.ledger.closePlayer(uid)
    expect(await wallet.ledger.openPlayer(uid)).toBe('closed')
  })
})

describe('buying', () => {
  it('§7 comes to exactly nothing left after 120 purchases of 10 TUX', async () => {
    const uid = await wallet.playerWith(0)
    for (let count = 0; count < 120; count += 1) await wallet.ledger.buy(uid, parseTux(10), newId())
    expect(await wallet.ledger.balances(uid)).toEqual({ tux: parseTux(1200), fiat: 0n, held: 0n })
    await expect(wallet.ledger.buy(uid, parseTux(0.000001), newId())).rejects.toThrow(CannotAfford)
    expect(await wallet.ledger.history(uid)).toHaveLength(121)
  })

  it('§5 gives a retry the first outcome, and refuses other content', async () => {
    const uid = await wallet.playerWith(0)
    const id = newId<TransferId>()
    await wallet.ledger.buy(uid, parseTux(100), id)
    await wallet.ledger.buy(uid, parseTux(100), id)
    expect(await tuxOf(uid)).toBe(100)
    await expect(wallet.ledger.buy(uid, parseTux(101), id)).rejects.toThrow(TransferConflict)
    await expect(wallet.ledger.buy(await wallet.playerWith(0), parseTux(100), id)).rejects.toThrow(TransferConflict)
    await expect(wallet.ledger.chargeRoll(uid, id)).rejects.toThrow(TransferConflict)
    expect(await tuxOf(uid)).toBe(100)
  })

  it('§5 refuses a retry of a refused purchase again, although it could be paid now', async () => {
    const uid = await wallet.playerWith(1200)
    const id = newId<TransferId>()
    await expect(wallet.ledger.chargeRoll(await wallet.playerWith(0), id)).rejects.toThrow(NotEnoughTux)
    const refused = newId<TransferId>()
    await expect(wallet.ledger.buy(uid, parseTux(1), refused)).rejects.toThrow(CannotAfford)
    await expect(wallet.ledger.buy(uid, parseTux(1), refused)).rejects.toThrow(CannotAfford)
    expect(await wallet.ledger.history(uid)).toHaveLength(2)
  })

  it('§7 records a refusal with what was asked for, however much', async () => {
    const uid = await wallet.playerWith(12)
    const all = parseTux(Number.MAX_SAFE_INTEGER)
    await expect(wallet.ledger.buy(uid, all, newId())).rejects.toThrow(CannotAfford)
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({
      kind: 'purchase',
      filled: false,
      requested: all,
      after: { tux: parseTux(12), fiat: 5_940_000_000n },
    })
  })

  it('§7 takes an amount of zero, also of somebody who has nothing', async () => {
    const uid = await wallet.playerWith(1200)
    await wallet.ledger.buy(uid, parseTux(0), newId())
    expect((await wallet.ledger.history(uid)).at(-1)).toMatchObject({ filled: true, requested: 0n })
  })

  it('§7 refuses a negative amount before it looks for the player, and records nothing', async () => {
    const uid = await wallet.playerWith(0)
    const before = await countTransfers()
    await expect(wallet.ledger.buy(uid, parseTux(-0.000001), newId())).rejects.toThrow(NegativeAmount)
    await expect(wallet.ledger.buy('nobody', parseTux(-1), newId())).rejects.toThrow(NegativeAmount)
    expect(await countTransfers()).toBe(before)
  })

  it('§7 records nothing for a player who is unknown, closed or no UUID', async () => {
    const closed = await wallet.playerWith(0)
    await wallet.ledger.closePlayer(closed)
    const before = await countTransfers()
    for (const uid of [newId(), closed, 'nobody', '', "'; drop table entry", '\0', 'x'.repeat(100_000)]) {
      await expect(wallet.ledger.buy(uid, parseTux(1), newId())).rejects.toThrow(UnknownPlayer)
      await expect(wallet.ledger.chargeRoll(uid, newId())).rejects.toThrow(UnknownPlayer)
      await expect(wallet.ledger.balances(uid)).rejects.toThrow(UnknownPlayer)
      await expect(wallet.ledger.history(uid)).rejects.toThrow(UnknownPlayer)
    }
    expect(await countTransfers()).toBe(before)
  })
})

describe('charging a roll', () => {
  it('§7 takes 10 TUX, once for each id', async () => {
    const uid = await wallet.playerWith(70)
    const id = newId<TransferId>()
    await wallet.ledger.chargeRoll(uid, id)
    await wallet.ledger.chargeRoll(uid, id)
    expect(await tuxOf(uid)).toBe(60)
    await wallet.ledger.chargeRoll(uid, newId())
    expect(await tuxOf(uid)).toBe(50)
  })

  it('§5 says the same again when the player can pay by now', async () => {
    const uid = await wallet.playerWith(9)
    const id = newId<TransferId>()
    await expect(wallet.ledger.chargeRoll(uid, id)).rejects.toThrow(NotEnoughTux)
    await wallet.ledger.buy(uid, parseTux(100), newId())
    await expect(wallet.ledger.chargeRoll(uid, id)).rejects.toThrow(NotEnoughTux)
    expect(await tuxOf(uid)).toBe(109)
  })

  it('§5 says the same again when the player cannot pay or has gone by now', async () => {
    const uid = await wallet.playerWith(10)
    const id = newId<TransferId>()
    await wallet.ledger.chargeRoll(uid, id)
    await wallet.ledger.chargeRoll(uid, id)
    await wallet.ledger.closePlayer(uid)
    await wallet.ledger.chargeRoll(uid, id)
    await expect(wallet.ledger.chargeRoll(uid, newId())).rejects.toThrow(UnknownPlayer)
  })
})

describe('making a charge void', () => {
  it('§6 says that it was charged when it was', async () => {
    const uid = await wallet.playerWith(10)
    const id = newId<TransferId>()
    await wallet.ledger.chargeRoll(uid, id)
    expect(await wallet.ledger.voidRollCharge(id)).toBe('charged')
    expect(await tuxOf(uid)).toBe(0)
  })

  it('§6 keeps a charge that comes later from happening', async () => {
    const uid = await wallet.playerWith(10)
    const id = newId<TransferId>()
    expect(await wallet.ledger.voidRollCharge(id)).toBe('not-charged')
    expect(await wallet.ledger.voidRollCharge(id)).toBe('not-charged')
    await expect(wallet.ledger.chargeRoll(uid, id)).rejects.toThrow(TransferConflict)
    expect(await tuxOf(uid)).toBe(10)
    expect(await wallet.ledger.history(uid)).toHaveLength(1)
  })

  it('§6 has nothing to do after a refusal', async () => {
    const id = newId<TransferId>()
    await expect(wallet.ledger.chargeRoll(await wallet.playerWith(0), id)).rejects.toThrow(NotEnoughTux)
    expect(await wallet.ledger.voidRollCharge(id)).toBe('not-charged')
  })

  it('§5 refuses the id of a purchase', async () => {
    const id = newId<TransferId>()
    await wallet.ledger.buy(await wallet.playerWith(0), parseTux(1), id)
    await expect(wallet.ledger.voidRollCharge(id)).rejects.toThrow(TransferConflict)
  })
})

describe('the history', () => {
  it('§2 is in the order of events, also of those in one moment', async () => {
    const uid = await wallet.playerWith(20)
    await wallet.ledger.chargeRoll(uid, newId())
    await wallet.ledger.chargeRoll(uid, newId())
    await expect(wallet.ledger.chargeRoll(uid, newId())).rejects.toThrow(NotEnoughTux)
    wallet.clock.moveSeconds(60)
    await wallet.ledger.buy(uid, parseTux(1), newId())
    const history = (await wallet.ledger.history(uid)).filter((transfer) => transfer.kind !== 'sale')
    expect(history.map(({ kind, filled }) => [kind, filled])).toEqual([
      ['purchase', true],
      ['roll', true],
      ['roll', true],
      ['roll', false],
      ['purchase', true],
    ])
    expect(history.map(({ after }) => tuxToNumber(after.tux))).toEqual([20, 10, 0, 0, 1])
    expect(history.at(-1)?.at).toEqual(wallet.clock.now())
  })
})

import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parseTux } from '../src/ledger/money.ts'
import type { TransferId } from '../src/ledger/transfer.ts'
import { createTestWallet, expectBalancedBooks, outcomeOf, type TestWallet, warmUp } from './test-wallet.ts'

let wallet: TestWallet
beforeAll(async () => {
  wallet = await createTestWallet()
})
beforeEach(() => warmUp(wallet))
afterAll(async () => {
  await expectBalancedBooks(wallet.db)
  await wallet.test.drop()
})

/** What came of calls that were sent together, counted. */
async function together(calls: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const outcome of await Promise.all(calls.map(outcomeOf))) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

const rounds = 10

describe('§5 what arrives together', () => {
  it('never overspends: of ten purchases of 400 TUX three are paid', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(0)
      const outcomes = await together(times(10, () => wallet.ledger.buy(uid, parseTux(400), newId())))
      expect(outcomes).toEqual({ done: 3, CannotAfford: 7 })
      expect(await wallet.ledger.balances(uid)).toEqual({ tux: parseTux(1200), fiat: 0n, held: 0n })
    }
  })

  it('charges a roll once, however often its id comes', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(70)
      const id = newId<TransferId>()
      expect(await together(times(10, () => wallet.ledger.chargeRoll(uid, id)))).toEqual({ done: 10 })
      expect((await wallet.ledger.balances(uid)).tux).toBe(parseTux(60))
    }
  })

  it('gives an id to one of two players', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const [ada, bob] = [await wallet.playerWith(70), await wallet.playerWith(70)]
      const id = newId<TransferId>()
      const outcomes = await together([wallet.ledger.chargeRoll(ada, id), wallet.ledger.chargeRoll(bob, id)])
      expect(outcomes).toEqual({ done: 1, TransferConflict: 1 })
    }
  })

  it('charges a roll or makes it void, never both', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(70)
      const id = newId<TransferId>()
      const [charge, verdict] = await Promise.all([
        outcomeOf(wallet.ledger.chargeRoll(uid, id)),
        // A little later in every round, so that either can be first.
        pause(round / 5).then(() => wallet.ledger.voidRollCharge(id)),
      ])
      expect([charge, verdict]).toEqual(charge === 'done' ? ['done', 'charged'] : ['TransferConflict', 'not-charged'])
      expect((await wallet.ledger.balances(uid)).tux).toBe(parseTux(charge === 'done' ? 60 : 70))
    }
  })

  it('opens a player once', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = newId<AccountId>()
      expect(await Promise.all(times(10, () => wallet.ledger.openPlayer(uid)))).toEqual(times(10, () => 'open'))
      expect(await wallet.ledger.balances(uid)).toEqual({ tux: 0n, fiat: 6_000_000_000n, held: 0n })
    }
  })

  it('leaves nothing on the accounts of a player who is closed in the midst of purchases', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = await wallet.playerWith(0)
      const outcomes = await together([
        ...times(4, () => wallet.ledger.buy(uid, parseTux(1), newId())),
        ...times(2, () => wallet.ledger.closePlayer(uid)),
        ...times(4, () => wallet.ledger.buy(uid, parseTux(1), newId())),
      ])
      expect((outcomes['done'] ?? 0) + (outcomes['UnknownPlayer'] ?? 0)).toBe(10)
      const accounts = await wallet.db.selectFrom('account').select('balance').where('uid', '=', uid).execute()
      expect(accounts).toEqual([{ balance: 0n }, { balance: 0n }])
      const kinds = await wallet.db
        .selectFrom('transfer')
        .select('kind')
        .where('uid', '=', uid)
        .orderBy('sequence')
        .execute()
      expect(kinds.findIndex(({ kind }) => kind === 'closing')).toBe(kinds.length - 1)
    }
  })

  it('opens or leaves a tombstone, and ends closed either way', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const uid = newId<AccountId>()
      await Promise.all([wallet.ledger.openPlayer(uid), wallet.ledger.closePlayer(uid)])
      expect(await wallet.ledger.openPlayer(uid)).toBe('closed')
      expect(await outcomeOf(wallet.ledger.balances(uid))).toBe('UnknownPlayer')
    }
  })
})

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}

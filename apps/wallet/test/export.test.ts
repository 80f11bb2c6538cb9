import { personalDataPageSize } from '@sallyport/contracts'
import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseTux } from '../src/ledger/money.ts'
import type { AuctionId, TransferId } from '../src/ledger/transfer.ts'
import { type Answer, serveWallet, type WalletOverHttp } from './surface-fixture.ts'
import { createTestWallet, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let http: WalletOverHttp
beforeAll(async () => {
  wallet = await createTestWallet()
  http = await serveWallet(wallet)
})
afterAll(async () => {
  await http.service.stop()
  await wallet.test.drop()
})

const ask = (person: string, after?: string, as = 'service identity'): Promise<Answer> =>
  http.get(`/internal/wallet/people/${person}/data${after === undefined ? '' : `?after=${after}`}`, as)

/** The pages of somebody, from the first to the last. */
async function pagesOf(person: string): Promise<Record<string, unknown>[]> {
  const pages = []
  for (let after: string | undefined; ;) {
    const { sections, next }: Record<string, unknown> = Object((await ask(person, after)).body)
    pages.push(Object(sections))
    if (typeof next !== 'string') return pages
    after = next
  }
}

describe('what the wallet holds of somebody', () => {
  it('is told to identity alone', async () => {
    const uid = await wallet.playerWith(0)
    for (const as of ['service auction', 'service gateway'])
      expect(await ask(uid, undefined, as)).toMatchObject({ status: 403 })
    for (const as of [`player ${uid}`, '']) expect(await ask(uid, undefined, as)).toMatchObject({ status: 401 })
  })

  it('is balances, every transfer and every hold, and nothing of who else took part', async () => {
    const [uid, other] = [await wallet.playerWith(120), await wallet.playerWith(100)]
    await wallet.ledger.chargeRoll(uid, newId<TransferId>())
    const [bought, sold] = [newId<AuctionId>(), newId<AuctionId>()]
    const [paid, open] = [await wallet.hold(uid, 30), await wallet.hold(uid, 7)]
    await wallet.holds.settle([
      { hold: paid, sale: { seller: other, auctionId: bought } },
      { hold: await wallet.hold(other, 5), sale: { seller: uid, auctionId: sold } },
    ])
    const created_at = wallet.clock.now().toISOString()
    const moved = { id: expect.any(String), state: 'booked', created_at, part: null, auction_id: null, tux: 0, fiat: 0 }
    const [page, ...more] = await pagesOf(uid)
    expect(more).toEqual([])
    expect(page).toEqual({
      membership: { opened_at: created_at, closed_at: null },
      balances: { tux: 78, fiat: 900, tux_held: 7 },
      transactions: [
        { ...moved, kind: 'sale', part: 'seller', tux: 5, auction_id: sold, tux_balance: null, fiat_balance: null },
        { ...moved, kind: 'sale', part: 'buyer', tux: -30, auction_id: bought, tux_balance: 73, fiat_balance: 900 },
        { ...moved, kind: 'roll', tux: -10, tux_balance: 110, fiat_balance: 900 },
        { ...moved, kind: 'purchase', tux: 120, fiat: -100, tux_balance: 120, fiat_balance: 900 },
        { ...moved, kind: 'opening', fiat: 1000, tux_balance: 0, fiat_balance: 1000 },
      ],
      holds: expect.arrayContaining([
        { id: paid, tux: 30, state: 'captured', placed_at: created_at, ended_at: created_at },
        { id: open, tux: 7, state: 'open', placed_at: created_at, ended_at: null },
      ]),
    })
    expect(JSON.stringify(page)).not.toContain(other)
  })

  it('is nothing for somebody who never had a wallet, and what was closed for who had one', async () => {
    const nothing = { membership: null, balances: null, transactions: [], holds: [] }
    expect(await pagesOf(newId())).toEqual([nothing])
    const uid = await wallet.playerWith(0)
    await wallet.ledger.closePlayer(uid)
    const [page] = await pagesOf(uid)
    expect(page).toMatchObject({
      membership: { closed_at: expect.any(String) },
      balances: { tux: 0, fiat: 0 },
      transactions: [{ kind: 'closing', fiat: -1000 }, { kind: 'opening' }],
    })
    expect(await ask('somebody')).toMatchObject({ status: 404 })
    expect(await ask(uid, 'holds.x')).toMatchObject({ status: 422 })
  })

  it('comes in pages, each transfer and hold once', async () => {
    const uid = await wallet.playerWith(0)
    const count = personalDataPageSize + 1
    const ids = Array.from({ length: count }, () => newId<TransferId>())
    for (const id of ids) await wallet.ledger.buy(uid, parseTux(1), id)
    for (let number = 0; number < 3; number += 1) await wallet.hold(uid, 1)
    const pages = await pagesOf(uid)
    const idsIn = (section: string): unknown[] =>
      pages.flatMap((page) =>
        Array.from(Object(page[section] ?? [])).map((record) => Reflect.get(Object(record), 'id')),
      )
    expect(pages.length).toBe(2)
    expect(idsIn('transactions').slice(0, count)).toEqual(ids.toReversed())
    expect(idsIn('transactions')).toHaveLength(count + 1)
    expect(new Set(idsIn('holds')).size).toBe(3)
  })
})

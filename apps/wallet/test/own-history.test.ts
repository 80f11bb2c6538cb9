import { openDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { sql, type Transaction } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { WalletDatabase } from '../src/index.ts'
import { readHistoryPage } from '../src/ledger/history-store.ts'
import type { AuctionId, TransferId } from '../src/ledger/transfer.ts'
import { type Answer, serveWallet, type WalletOverHttp } from './surface-fixture.ts'
import { createTestWallet, expectBalancedBooks, type TestWallet } from './test-wallet.ts'

let wallet: TestWallet
let http: WalletOverHttp
beforeAll(async () => {
  wallet = await createTestWallet()
  http = await serveWallet(wallet)
})
afterAll(async () => {
  await http.service.stop()
  await expectBalancedBooks(wallet.db)
  await wallet.test.drop()
})

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const purchase = (uid: string, amount: unknown, key?: string): Promise<Answer> =>
  http.send('POST', '/v1/wallet/purchases', `player ${uid}`, { amount }, key)
const balances = async (uid: string): Promise<unknown> => (await http.get('/v1/wallet/balances', `player ${uid}`)).body
const transactions = (uid: string, query = ''): Promise<Answer> =>
  http.get(`/v1/wallet/transactions${query}`, `player ${uid}`)

describe('§7 the balances', () => {
  it('tell what is frozen in bids beside what is not', async () => {
    const uid = await wallet.playerWith(60)
    await wallet.hold(uid, 25)
    expect(await balances(uid)).toEqual({ tux: 35, fiat: 950, tux_held: 25 })
  })
})

describe('§7 the transactions', () => {
  it('are everything that the player paid, was paid for or could not pay, newest first', async () => {
    const [uid, other] = [await wallet.playerWith(120), await wallet.playerWith(100)]
    const rollId = newId<TransferId>()
    await wallet.ledger.chargeRoll(uid, rollId)
    expect(await purchase(uid, 10_000)).toMatchObject({ status: 402 })
    const [bought, sold] = [newId<AuctionId>(), newId<AuctionId>()]
    await wallet.holds.settle([
      { hold: await wallet.hold(uid, 30), sale: { seller: other, auctionId: bought } },
      { hold: await wallet.hold(other, 5), sale: { seller: uid, auctionId: sold } },
    ])
    const created_at = wallet.clock.now().toISOString()
    const id = expect.stringMatching(uuid)
    const common = { id, created_at }
    expect(await transactions(uid)).toEqual({
      status: 200,
      body: {
        items: [
          {
            ...common,
            kind: 'sale',
            direction: 'in',
            amount_tux: 5,
            state: 'booked',
            auction_id: sold,
            buyer: other,
            seller: uid,
          },
          {
            ...common,
            kind: 'sale',
            direction: 'out',
            amount_tux: 30,
            state: 'booked',
            auction_id: bought,
            buyer: uid,
            seller: other,
          },
          {
            ...common,
            kind: 'purchase',
            direction: 'in',
            amount_tux: 10_000,
            cost_fiat: 10_000 / 1.2,
            state: 'refused',
            tux_balance: 110,
            fiat_balance: 900,
          },
          {
            ...common,
            id: rollId,
            kind: 'roll',
            direction: 'out',
            amount_tux: 10,
            state: 'booked',
            tux_balance: 110,
            fiat_balance: 900,
          },
          {
            ...common,
            kind: 'purchase',
            direction: 'in',
            amount_tux: 120,
            cost_fiat: 100,
            state: 'booked',
            tux_balance: 120,
            fiat_balance: 900,
          },
        ],
        next: null,
      },
    })
  })

  it('come in pages that fit together, also when new ones arrive between', async () => {
    const uid = await wallet.playerWith(0)
    for (let tux = 1; tux <= 7; tux += 1) await purchase(uid, tux)
    const amounts: number[] = []
    const pages: number[] = []
    let after = ''
    for (;;) {
      const { items, next } = pageFrom(await transactions(uid, `?limit=3${after}`))
      pages.push(items.length)
      amounts.push(...items.map(({ amount_tux }) => amount_tux))
      if (next === null) break
      after = `&after=${next}`
      await purchase(uid, 100)
    }
    expect([amounts, pages]).toEqual([
      [7, 6, 5, 4, 3, 2, 1],
      [3, 3, 1],
    ])
  })

  it('of one kind are those alone', async () => {
    const [uid, other] = [await wallet.playerWith(100), await wallet.playerWith(50)]
    for (let count = 0; count < 3; count += 1) {
      await wallet.ledger.chargeRoll(uid, newId())
      const [hold, mine] = [await wallet.hold(uid, 1), await wallet.hold(other, 1)]
      await wallet.holds.settle([
        { hold, sale: { seller: other, auctionId: newId() } },
        { hold: mine, sale: { seller: uid, auctionId: newId() } },
      ])
    }
    for (const [kind, count] of [
      ['purchase', 1],
      ['roll', 3],
      ['sale', 6],
    ] as const) {
      const { items } = pageFrom(await transactions(uid, `?kind=${kind}&limit=200`))
      expect(items.map((item) => item.kind)).toEqual(Array.from({ length: count }, () => kind))
    }
    const first = pageFrom(await transactions(uid, '?kind=sale&limit=4'))
    expect(pageFrom(await transactions(uid, `?kind=sale&after=${first.next}`)).items).toHaveLength(2)
  })

  it('are 50 at a time, unless told otherwise, up to 200', async () => {
    const uid = await wallet.playerWith(0)
    for (let count = 0; count < 51; count += 1) await purchase(uid, 0)
    expect(pageFrom(await transactions(uid)).items).toHaveLength(50)
    expect(pageFrom(await transactions(uid, '?limit=200')).items).toHaveLength(51)
    for (const query of ['?limit=0', '?limit=201', '?limit=x', '?kind=opening', '?after=x', '?after=-1', '?after='])
      expect(await transactions(uid, query), query).toMatchObject({ status: 422 })
  })

  it('are read from the end of an index, however long the history is', async () => {
    const [uid, other] = [await wallet.playerWith(0), await wallet.playerWith(10)]
    await sql`
      insert into transfer (id, kind, state, request_hash, uid, requested, tux_after, fiat_after, created_at)
      select gen_random_uuid(), case when n % 100 = 0 then 'purchase' else 'roll' end, 'refused', ${Buffer.alloc(32)},
        ${uid}, 10000000, 0, 6000000000, now()
      from generate_series(1, 100000) as n`.execute(wallet.db)
    const asOwner = openDatabase<WalletDatabase>({ connection: wallet.test.ownerConnection, service: 'wallet' })
    await sql`analyze transfer`.execute(asOwner.db)
    await asOwner.close()
    // What this connection has read of the table and did not report yet: it grows within a transaction.
    const rowsRead = async (tx: Transaction<WalletDatabase>): Promise<number> => {
      const { rows } = await sql<{ count: number }>`
        select (seq_tup_read + idx_tup_fetch)::int as count from pg_stat_xact_all_tables
        where relid = 'transfer'::regclass`.execute(tx)
      return rows[0]?.count ?? 0
    }
    for (const reader of [uid, other])
      for (const kind of [undefined, 'purchase', 'roll', 'sale'] as const)
        await wallet.db.transaction().execute(async (tx) => {
          const before = await rowsRead(tx)
          const { transfers } = await readHistoryPage(tx, reader, { kind, limit: 10, before: undefined })
          // Eleven of each kind are enough to know the newest ten and whether there are more.
          const read = (await rowsRead(tx)) - before
          expect(read, `${kind} of ${reader}`).toBeGreaterThanOrEqual(transfers.length)
          expect(read, `${kind} of ${reader}`).toBeLessThanOrEqual(4 * 11)
        })
  })
})

interface Page {
  readonly items: readonly { readonly kind: string; readonly amount_tux: number }[]
  readonly next: string | null
}

function pageFrom({ status, body }: Answer): Page {
  expect(status).toBe(200)
  if (!isPage(body)) throw new TypeError('not a page')
  return body
}

function isPage(body: unknown): body is Page {
  return typeof body === 'object' && body !== null && 'items' in body && 'next' in body
}

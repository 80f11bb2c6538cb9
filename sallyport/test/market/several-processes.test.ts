import type { AccountId } from '@sallyport/kernel'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { expectRightMarket } from './balance-of-promises.ts'
import { actOn, type Answer, type Boundary, createDatabases, type Market, startMarket } from './world.ts'

const time = { aheadSeconds: 0 }
let databases: Awaited<ReturnType<typeof createDatabases>>
let both: Market[]
let boundary: Boundary = () => 'go on'
let turn = 0
/** Every request goes to the other process than the one before. */
const actions = actOn(
  () => {
    turn += 1
    const market = both[turn % both.length]
    if (!market) throw new TypeError('no process runs')
    return market
  },
  () => 'NixOS',
)

beforeAll(async () => {
  databases = await createDatabases()
  both = []
  for (let count = 0; count < 2; count += 1) both.push(await startMarket(databases, time, (where) => boundary(where)))
})
beforeEach(() => {
  boundary = () => 'go on'
})
afterAll(async () => {
  for (const market of both) await market.stop()
  await databases.drop()
})

const later = (): number => Math.floor(Date.now() / 1000) + time.aheadSeconds + 1000

async function open(seller: AccountId): Promise<string> {
  const { status, body } = await actions.create(seller, later())
  expect(status).toBe(201)
  return String(Reflect.get(Object(body), 'auction_id'))
}

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status).sort((a, b) => a - b)

describe('two processes on the same databases', () => {
  it('§9 take bids on one auction: one of each amount, every loser released once', async () => {
    const seller = await actions.join(0, 1)
    const bidders = await Promise.all(Array.from({ length: 8 }, () => actions.join(200, 0)))
    const id = await open(seller)
    // Everybody offers every amount: of each amount at most one can be accepted.
    const offers = Array.from({ length: 12 }, (_, index) => bidders.map((uid) => ({ uid, tux: 10 + index }))).flat()
    const answers = await Promise.all(offers.map(({ uid, tux }) => actions.bid(uid, id, tux)))
    for (const { status } of answers) expect(status).toBeOneOf([201, 400])
    const accepted = offers.filter((_, index) => answers[index]?.status === 201).map(({ tux }) => tux)
    expect(new Set(accepted).size).toBe(accepted.length)
    expect(Math.max(...accepted)).toBe(21)
    const balances = await Promise.all(bidders.map((uid) => actions.balance(uid)))
    expect(balances.toSorted((a, b) => a - b)).toEqual([179, ...Array.from({ length: 7 }, () => 200)])
    await expectRightMarket(databases)
  })

  it('§9 close an auction once, however many close it', async () => {
    const [seller, ada] = [await actions.join(0, 1), await actions.join(100, 0)]
    const id = await open(seller)
    await actions.bid(ada, id, 40)
    const answers = await Promise.all(Array.from({ length: 6 }, () => actions.close(id)))
    expect(answers.some(({ status }) => status === 200)).toBe(true)
    for (const { status } of answers) expect(status).toBeOneOf([200, 404])
    expect([await actions.balance(seller), await actions.balance(ada)]).toEqual([40, 60])
    expect([await actions.copies(seller), await actions.copies(ada)]).toEqual([0, 1])
    await expectRightMarket(databases)
  })

  it('§9 let an auction be withdrawn or closed, never both', async () => {
    const [seller, ada] = [await actions.join(0, 1), await actions.join(100, 0)]
    const id = await open(seller)
    await actions.bid(ada, id, 40)
    const answers = await Promise.all([actions.withdraw(seller, id), actions.close(id), actions.bid(ada, id, 50)])
    const sold = (await actions.inspect(id)).status === 200
    expect(answers[0]?.status === 200).toBe(!sold)
    expect([await actions.copies(seller), await actions.copies(ada)]).toEqual(sold ? [0, 1] : [1, 0])
    expect((await actions.balance(seller)) + (await actions.balance(ada))).toBe(100)
    await expectRightMarket(databases)
  })

  it('§9 let one of two auctions have the last copy', async () => {
    const seller = await actions.join(0, 1)
    const answers = await Promise.all(Array.from({ length: 4 }, () => actions.create(seller, later())))
    expect(statuses(answers)).toEqual([201, 400, 400, 400])
    await expectRightMarket(databases)
  })

  it('§9 end many auctions at once, each once', async () => {
    const [seller, ada] = [await actions.join(0, 30), await actions.join(100, 0)]
    const ids = await Promise.all(Array.from({ length: 30 }, () => open(seller)))
    await Promise.all(ids.map((id) => actions.bid(ada, id, 1)))
    time.aheadSeconds += 2000
    await expect
      .poll(async () => {
        const seen = await Promise.all(ids.map((id) => actions.inspect(id)))
        return seen.filter(({ body }) => Reflect.get(Object(body), 'active') === true).length
      })
      .toBe(0)
    expect([await actions.balance(seller), await actions.balance(ada)]).toEqual([30, 70])
    expect([await actions.copies(seller), await actions.copies(ada)]).toEqual([0, 30])
    await expectRightMarket(databases)
  })
})

describe('a service that is away', () => {
  it('§10 leaves bids undecided, which are decided when it is back', async () => {
    const [seller, ada] = [await actions.join(0, 1), await actions.join(100, 0)]
    const id = await open(seller)
    let away = true
    boundary = (where) => (away && where === 'after auction placeOffers' ? 'fail' : 'go on')
    // It was done, and nobody heard of it.
    expect((await actions.bid(ada, id, 30)).status).toBe(503)
    away = false
    await makeDue()
    await expect.poll(async () => Reflect.get(Object((await actions.inspect(id)).body), 'current_winning_bid')).toBe(30)
    expect(await actions.balance(ada)).toBe(70)
    await expectRightMarket(databases)
  })

  it.each([
    'before auction settleHolds',
    'after auction settleHolds',
    'before auction settleEscrows',
    'after auction settleEscrows',
  ])('§9 delays the end of an auction (%s), which comes when it is back', async (place) => {
    const [seller, ada] = [await actions.join(0, 1), await actions.join(100, 0)]
    const id = await open(seller)
    await actions.bid(ada, id, 30)
    let away = true
    boundary = (where) => (away && where === place ? 'fail' : 'go on')
    expect((await actions.close(id)).status).toBe(503)
    // Whatever was done so far, it is not over for those who look.
    expect((await actions.inspect(id)).body).toMatchObject({ active: true })
    away = false
    await makeDue()
    await expect.poll(async () => Reflect.get(Object((await actions.inspect(id)).body), 'active')).toBe(false)
    expect([await actions.balance(seller), await actions.balance(ada), await actions.copies(ada)]).toEqual([30, 70, 1])
    await expectRightMarket(databases)
  })

  it('§9 keeps nobody from putting the same copy up again', async () => {
    const seller = await actions.join(0, 1)
    for (const place of ['before auction takeIntoEscrow', 'after auction takeIntoEscrow']) {
      boundary = (where) => (where === place ? 'fail' : 'go on')
      expect((await actions.create(seller, later())).status).toBe(503)
      boundary = () => 'go on'
      expect(await actions.copies(seller)).toBe(1)
    }
    await open(seller)
    await expectRightMarket(databases)
  })

  it('§9 leaves a withdrawn auction off the market, and the rest is done when it is back', async () => {
    const [seller, ada] = [await actions.join(0, 1), await actions.join(100, 0)]
    const id = await open(seller)
    await actions.bid(ada, id, 30)
    let away = true
    boundary = (where) => (away && where === 'before auction settleHolds' ? 'fail' : 'go on')
    expect((await actions.withdraw(seller, id)).status).toBe(503)
    expect((await actions.inspect(id)).status).toBe(404)
    expect((await actions.withdraw(seller, id)).status).toBe(400)
    away = false
    await makeDue()
    await expect.poll(() => actions.balance(ada)).toBe(100)
    await expect.poll(() => actions.copies(seller)).toBe(1)
    await expect.poll(() => countUnfinished()).toBe(0)
    await expectRightMarket(databases)
  })
})

/** What is to be tried again is tried now, and not when its time has come. */
async function makeDue(): Promise<void> {
  const { pool } = databases.auction.database
  await pool.query('update auction set retry_at = now() where retry_at is not null')
  await pool.query('update offer_batch set retry_at = now()')
}

async function countUnfinished(): Promise<number> {
  const { rows } = await databases.auction.database.pool.query(
    'select count(*)::int as count from auction where retry_at is not null',
  )
  return Number(rows[0]?.count)
}

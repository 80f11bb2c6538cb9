import { beforeAll, describe, expect, it, vi } from 'vitest'
import { call, outcome, refusal, sortedStatuses } from '../support/http.ts'
import {
  asAdmin,
  auctionOf,
  bid,
  bidsOn,
  closeAuction,
  copiesOf,
  inSeconds,
  lead,
  listedIds,
  openAuction,
  patchAuction,
  playerWith,
  sale,
  salesOf,
  soon,
  totalTux,
  tuxOf,
  untilClosed,
  until,
} from '../support/market.ts'
import { adminToken, type Player, registerPlayer } from '../support/people.ts'

const afterEnd = refusal(400, 'Bid was made after the end of the auction')
const notActive = refusal(404, 'Auction does not exist or is not active')

/** What the contract gives a close, and what a machine that runs other tests at the same time may take on top of it. */
const [closeLimitMs, slackMs] = [250, 150]
/** How long after their ends auctions were seen open for the last time, in milliseconds. */
const openAfterMs: number[] = []

/** When something that follows from a close was seen, after the end of its auction, in milliseconds. */
interface Seen {
  /** Then it was so. */
  readonly afterMs: number
  /** Then it was asked about for the last time when it was not so: the close itself came no sooner, the answers may be slow. */
  readonly notBeforeMs: number
}

/** Polls until something is so. */
async function seenAfter(endTime: number, isSo: () => Promise<boolean>): Promise<Seen> {
  let notBefore = 0
  await vi.waitFor(
    async () => {
      const asked = Date.now()
      const so = await isSo()
      if (!so) notBefore = asked
      expect(so).toBe(true)
    },
    { timeout: 20_000, interval: 5 },
  )
  return { afterMs: Date.now() - endTime * 1000, notBeforeMs: notBefore - endTime * 1000 }
}

function expectAfterEnd({ afterMs, notBeforeMs }: Seen): void {
  expect(afterMs).toBeGreaterThanOrEqual(0)
  openAfterMs.push(notBeforeMs)
}

let ada: Player
let bob: Player

beforeAll(async () => {
  ;[ada, bob] = await Promise.all([playerWith(1000), playerWith(1000)])
})

describe('the end of an auction', () => {
  it('§9 with a leader delivers and pays by itself, not before the end and at once after it', async () => {
    const [seller, winner] = [await registerPlayer(), await playerWith(100)]
    const end_time = soon()
    const id = await openAuction(seller, { end_time, starting_price: 10 })
    await lead(ada, id, 20)
    await lead(winner, id, 30)
    const seen = await Promise.all([
      seenAfter(end_time, async () => (await copiesOf(winner)) > 0),
      seenAfter(end_time, async () => (await tuxOf(seller)) > 0),
      seenAfter(end_time, async () => (await auctionOf(id))['active'] === false),
    ])
    for (const one of seen) expectAfterEnd(one)
    expect([await copiesOf(seller), await copiesOf(winner)]).toStrictEqual([0, 1])
    expect([await tuxOf(seller), await tuxOf(winner)]).toStrictEqual([30, 70])
    for (const player of [seller, winner]) expect(await salesOf(player)).toStrictEqual([sale(id, winner, seller, 30)])
    const [booked] = await salesOf(winner)
    expect(Number(booked?.['timestamp'])).toBeGreaterThanOrEqual(end_time)
    expect(await auctionOf(id)).toStrictEqual({
      auction_id: id,
      player_id: seller.uid,
      gacha_name: 'Ubuntu',
      starting_price: 10,
      current_winning_player_id: winner.uid,
      current_winning_bid: 30,
      end_time,
      active: false,
    })
  })

  it('§9 without bids gives the copy back by itself, and books nothing', async () => {
    const seller = await registerPlayer()
    const end_time = soon()
    const id = await openAuction(seller, { end_time })
    expectAfterEnd(await seenAfter(end_time, async () => (await copiesOf(seller)) === 1))
    await untilClosed(id)
    expect(await auctionOf(id)).toMatchObject({ active: false, current_winning_player_id: null })
    expect([await tuxOf(seller), await salesOf(seller)]).toStrictEqual([0, []])
  })

  it('§9 closes many auctions in time, also when they end in the same second', async () => {
    const [seller, end_time] = [await registerPlayer(), inSeconds(8)]
    const opened = await Promise.all(Array.from({ length: 20 }, () => openAuction(seller, { end_time })))
    const ids = (await listedIds('public', ada.token, `player_id=${seller.uid}`)).map(String)
    expect(ids.toSorted()).toStrictEqual(opened.toSorted())
    await Promise.all(ids.slice(0, 10).map((id, index) => lead(index % 2 === 0 ? ada : bob, id, 3)))
    expect(Date.now()).toBeLessThan(end_time * 1000)
    expectAfterEnd(
      await seenAfter(end_time, async () => (await tuxOf(seller)) === 30 && (await copiesOf(seller)) === 10),
    )
    // Once all is paid and delivered they are over for those who look.
    for (const id of ids) await untilClosed(id)
    const token = await adminToken()
    expect(await listedIds('admin', token, `active=false&player_id=${seller.uid}`)).toStrictEqual(ids)
    expect(await listedIds('public', ada.token, `player_id=${seller.uid}`)).toStrictEqual([])
    const sold = (await salesOf(seller)).map(({ auction_id }) => auction_id)
    expect(sold).toHaveLength(10)
    expect(new Set(sold)).toStrictEqual(new Set(ids.slice(0, 10)))
  })

  it('§8 takes the auction off the players’ list and into the history', async () => {
    const seller = await registerPlayer()
    const id = await openAuction(seller, { end_time: soon() })
    expect(await listedIds('public', ada.token, `player_id=${seller.uid}`)).toStrictEqual([id])
    await untilClosed(id)
    expect(await listedIds('public', ada.token, `player_id=${seller.uid}`)).toStrictEqual([])
    const token = await adminToken()
    expect(await listedIds('admin', token, `player_id=${seller.uid}`)).toStrictEqual([])
    expect(await listedIds('admin', token, `active=false&player_id=${seller.uid}`)).toStrictEqual([id])
  })

  it('§9 refuses late bids: 400 from the end on, 404 once it is closed', async () => {
    const [seller, end_time] = [await registerPlayer(), soon()]
    const id = await openAuction(seller, { end_time })
    const before = await totalTux([ada, bob])
    await lead(ada, id, 1)
    await until(end_time)
    const answers = [outcome(await bid(bob, id, 2))]
    await vi.waitFor(
      async () => {
        answers.push(outcome(await bid(bob, id, 3)))
        expect(answers.at(-1)).toStrictEqual(notActive)
      },
      { timeout: 20_000, interval: 1 },
    )
    const closedFrom = answers.findIndex(({ status }) => status === 404)
    for (const answer of answers.slice(0, closedFrom)) expect(answer).toStrictEqual(afterEnd)
    for (const answer of answers.slice(closedFrom)) expect(answer).toStrictEqual(notActive)
    await untilClosed(id)
    expect(await bidsOn(id)).toMatchObject([{ player_id: ada.uid, value: 1 }])
    expect(await totalTux([ada, bob, seller])).toBe(before)
  })

  it('§9 accepts bids until the last moment, none after it', async () => {
    const [seller, end_time] = [await registerPlayer(), soon()]
    const id = await openAuction(seller, { end_time })
    await until(end_time - 1)
    let amount = 0
    let accepted = 0
    for (let status = 201; status === 201;) {
      const sentMs = Date.now()
      status = (await bid(ada, id, ++amount)).status
      if (status === 201) {
        accepted = amount
        expect(sentMs).toBeLessThan(end_time * 1000)
      } else expect(Date.now()).toBeGreaterThanOrEqual(end_time * 1000)
    }
    await untilClosed(id)
    const bids = await bidsOn(id)
    expect(bids.map(({ value }) => value)).toStrictEqual(Array.from({ length: accepted }, (_, index) => index + 1))
    for (const { time } of bids) expect(Number(time)).toBeLessThan(end_time)
    expect(await tuxOf(seller)).toBe(accepted)
  })

  it('§9 is at once more often than not: what else this machine does may hold one up', () => {
    const median = openAfterMs.toSorted((a, b) => a - b)[Math.floor(openAfterMs.length / 2)]
    expect(median).toBeLessThanOrEqual(closeLimitMs + slackMs)
  })
})

describe('a closed auction', () => {
  it('§9 is never reopened, and nothing moves any more', async () => {
    const [seller, winner] = [await registerPlayer(), await playerWith(100)]
    const id = await openAuction(seller, { end_time: soon() })
    await lead(winner, id, 10)
    await closeAuction(id)
    const closed = await auctionOf(id)
    for (const [status, answer] of [
      [true, refusal(400, 'Cannot activate an inactive auction')],
      [false, notActive],
    ] as const) {
      expect(outcome(await patchAuction(id, status))).toStrictEqual(answer)
    }
    expect((await asAdmin('DELETE', `auctions/${id}`)).status).toBe(400)
    expect(outcome(await bid(ada, id, 50))).toStrictEqual(notActive)
    // The end that was set for it passes as well.
    await until(Number(closed['end_time']))
    const next = await openAuction(seller, { end_time: soon() })
    await untilClosed(next)
    expect(await auctionOf(id)).toStrictEqual(closed)
    expect([await copiesOf(winner), await tuxOf(winner), await tuxOf(seller)]).toStrictEqual([1, 90, 10])
    expect(await salesOf(winner)).toHaveLength(1)
  })

  it('§9 was closed exactly once, however many ask for it while it ends', async () => {
    const [seller, winner, end_time] = [await registerPlayer(), await playerWith(100), soon()]
    const id = await openAuction(seller, { end_time })
    await lead(winner, id, 10)
    await until(end_time - 0.02)
    const answers = await Promise.all(Array.from({ length: 12 }, () => patchAuction(id, false)))
    for (const answer of answers) expect([200, 404], answer.text).toContain(answer.status)
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    await untilClosed(id)
    await expect.poll(() => tuxOf(seller)).toBe(10)
    expect([await copiesOf(winner), await copiesOf(seller), await tuxOf(winner)]).toStrictEqual([1, 0, 90])
    for (const player of [seller, winner]) expect(await salesOf(player)).toStrictEqual([sale(id, winner, seller, 10)])
  })

  it('§9 was closed exactly once by many administrators', async () => {
    const [seller, winner] = [await registerPlayer(), await playerWith(100)]
    const id = await openAuction(seller)
    await lead(winner, id, 10)
    const answers = await Promise.all(Array.from({ length: 8 }, () => patchAuction(id, false)))
    expect(sortedStatuses(answers)).toStrictEqual([200, 404, 404, 404, 404, 404, 404, 404])
    expect([await copiesOf(winner), await tuxOf(winner), await tuxOf(seller)]).toStrictEqual([1, 90, 10])
    expect(await salesOf(seller)).toStrictEqual([sale(id, winner, seller, 10)])
  })

  it('§9 may be sold again by its winner', async () => {
    const [seller, winner] = [await registerPlayer(), await playerWith(100)]
    const first = await openAuction(seller)
    await lead(winner, first, 40)
    await closeAuction(first)
    const json = { player_id: winner.uid, gacha_name: 'Ubuntu', starting_price: 0, end_time: inSeconds(600) }
    const second = await call('public', 'POST', '/auction/auctions', { token: winner.token, json })
    expect(second.status).toBe(201)
    expect(await copiesOf(winner)).toBe(0)
    const [again] = await listedIds('public', ada.token, `player_id=${winner.uid}`)
    await lead(seller, String(again), 40)
    await closeAuction(String(again))
    expect([await tuxOf(seller), await tuxOf(winner)]).toStrictEqual([0, 100])
    expect([await copiesOf(seller), await copiesOf(winner)]).toStrictEqual([1, 0])
    expect((await salesOf(seller)).map(({ auction_id }) => auction_id)).toStrictEqual([first, again])
  })
})

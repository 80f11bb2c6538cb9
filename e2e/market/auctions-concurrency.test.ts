import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, listOf, outcome, refusal, sortedStatuses, textOf } from '../support/http.ts'
import {
  addToCatalogue,
  asAdmin,
  auctionOf,
  bid,
  bidsOn,
  closeAuction,
  copiesOf,
  deleteAccount,
  deleteAuction,
  give,
  inSeconds,
  lead,
  listedIds,
  openAuction,
  patchAuction,
  playerWith,
  removeFromCatalogue,
  salesOf,
  setAuction,
  soon,
  totalTux,
  tuxOf,
  untilClosed,
  until,
} from '../support/market.ts'
import { type Player, registerPlayer, uniqueGachaName } from '../support/people.ts'

const funds = 1200
const tooLow = refusal(400, 'Bid must be higher than currently winning bid')
let bidders: Player[]

beforeAll(async () => {
  bidders = await Promise.all(Array.from({ length: 64 }, () => playerWith(funds)))
})

/** A bid with its place in time: a count of everything that was sent and received before. */
interface Attempt {
  readonly amount: number
  readonly sent: number
  readonly received: number
  readonly sentMs: number
  readonly answer: Answer
}

/** Lets all bid until `over`: each what leads, as far as it is known, and a little more. */
async function battle(
  players: readonly Player[],
  auctionId: string,
  over: (attempt: Attempt, round: number) => boolean,
): Promise<Attempt[]> {
  const attempts: Attempt[] = []
  let [events, highest] = [0, 0]
  await Promise.all(
    players.map(async (player, index) => {
      for (let round = 1; ; round++) {
        const amount = highest + 1 + (index % 3)
        const [sent, sentMs] = [++events, Date.now()]
        const answer = await bid(player, auctionId, amount)
        const attempt = { amount, sent, received: ++events, sentMs, answer }
        attempts.push(attempt)
        if (answer.status === 201) highest = Math.max(highest, amount)
        if (over(attempt, round)) return
      }
    }),
  )
  return attempts
}

const accepted = (attempts: readonly Attempt[]) => attempts.filter(({ answer }) => answer.status === 201)

/** The bids that were answered with 201 are those of the list, and the list rises in the order of the answers. */
async function expectOneOrder(auctionId: string, attempts: readonly Attempt[]): Promise<void> {
  const bids = await bidsOn(auctionId)
  const values = bids.map(({ value }) => Number(value))
  for (const [index, value] of values.entries()) expect(value).toBeGreaterThan(values[index - 1] ?? 0)
  const times = bids.map(({ time }) => Number(time))
  for (const [index, time] of times.entries()) expect(time).toBeGreaterThanOrEqual(times[index - 1] ?? 0)

  const placed = new Map(accepted(attempts).map((attempt) => [textOf(attempt.answer, 'bid_id'), attempt]))
  expect(new Set(bids.map(({ bid_id }) => bid_id))).toStrictEqual(new Set(placed.keys()))
  let latestSent = 0
  for (const { bid_id, value } of bids) {
    const attempt = placed.get(String(bid_id))
    expect(attempt?.amount).toBe(value)
    // Received before one that is earlier in the list was even sent: the list would contradict the answers.
    expect(attempt?.received).toBeGreaterThan(latestSent)
    latestSent = Math.max(latestSent, attempt?.sent ?? 0)
  }
}

/** Everybody has everything but the leader, who lacks the leading bid: each other one was released once. */
async function expectOneHold(players: readonly Player[], auctionId: string, before: number): Promise<void> {
  const { current_winning_player_id, current_winning_bid } = await auctionOf(auctionId)
  const last = (await bidsOn(auctionId)).at(-1)
  expect(last).toMatchObject({ player_id: current_winning_player_id, value: current_winning_bid })
  for (const player of players) {
    const held = player.uid === current_winning_player_id ? Number(current_winning_bid) : 0
    expect(await tuxOf(player)).toBe(funds - held)
  }
  expect((await totalTux(players)) + Number(current_winning_bid)).toBe(before)
}

describe('64 bidders on one auction at once', () => {
  it('§9 are served in one order: amounts rise, answers agree with it, each loser is released once', async () => {
    const [seller, before] = [await registerPlayer(), await totalTux(bidders)]
    const id = await openAuction(seller)
    const attempts = await battle(bidders, id, (_, round) => round === 6)
    for (const { answer } of attempts) if (answer.status !== 201) expect(outcome(answer)).toStrictEqual(tooLow)
    expect(accepted(attempts).length).toBeGreaterThan(6)
    await expectOneOrder(id, attempts)
    await expectOneHold(bidders, id, before)
    const remove = await deleteAuction(seller, id)
    expect(remove.status).toBe(200)
    expect(await totalTux(bidders)).toBe(before)
  })

  it('§9 with the same amount: the first of them leads, all others are refused', async () => {
    const [seller, before] = [await registerPlayer(), await totalTux(bidders)]
    const id = await openAuction(seller, { starting_price: 7 })
    const answers = await Promise.all(bidders.map((bidder) => bid(bidder, id, 7)))
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused).toHaveLength(63)
    for (const answer of refused) expect(outcome(answer)).toStrictEqual(tooLow)
    expect(await bidsOn(id)).toHaveLength(1)
    await expectOneHold(bidders, id, before)
    await deleteAuction(seller, id)
  })

  it('§9 until its end: none is accepted at it or after it, and it is sold once for the last bid', async () => {
    const [seller, before, end_time] = [await registerPlayer(), await totalTux(bidders), soon()]
    const id = await openAuction(seller, { end_time })
    // Not for longer than their TUX last.
    await until(end_time - 1.5)
    const fighters = bidders.slice(0, 24)
    const attempts = await battle(fighters, id, ({ answer }) => answer.status === 404)
    for (const { answer, sentMs } of attempts) {
      expect([201, 400, 404], answer.text).toContain(answer.status)
      if (answer.status === 201) expect(sentMs).toBeLessThan(end_time * 1000)
    }
    for (const { time } of await bidsOn(id)) expect(Number(time)).toBeLessThan(end_time)
    await untilClosed(id)
    await expectOneOrder(id, attempts)
    const { current_winning_bid, current_winning_player_id } = await auctionOf(id)
    expect(await tuxOf(seller)).toBe(current_winning_bid)
    expect(await totalTux([...bidders, seller])).toBe(before)
    const winner = fighters.find(({ uid }) => uid === current_winning_player_id)
    expect(winner && (await copiesOf(winner))).toBe(1)
    expect(await salesOf(seller)).toHaveLength(1)
    // What was won goes back for what was paid, so that everybody has the same again.
    if (winner) await repay(winner, seller, Number(current_winning_bid))
  })

  it('§9 on their own auctions and on each other’s: money neither comes nor goes', async () => {
    const ring = bidders.slice(0, 8)
    const before = await totalTux(ring)
    const ids = await Promise.all(ring.map((player) => openAuction(player, { gacha_name: 'NixOS' })))
    // Each leads many auctions and is outbid on many at the same time, in opposite orders.
    await Promise.all(
      ring.map(async (player, own) => {
        for (let step = 1; step <= 24; step++) {
          const index = (own + (own % 2 === 0 ? step : 7 * step)) % 8
          const answer = await bid(player, ids[index] ?? '', step + own)
          expect([201, 400], answer.text).toContain(answer.status)
        }
      }),
    )
    const held = await Promise.all(ids.map(async (id) => Number((await auctionOf(id))['current_winning_bid'])))
    expect((await totalTux(ring)) + held.reduce((sum, tux) => sum + tux, 0)).toBe(before)
    await Promise.all(ids.map(closeAuction))
    expect(await totalTux(ring)).toBe(before)
    expect(await Promise.all(ring.map((player) => copiesOf(player, 'NixOS'))).then(sumOf)).toBe(8)
  })
})

const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)

/** The winner sells what was won back for the same amount. */
async function repay(winner: Player, seller: Player, amount: number): Promise<void> {
  const answer = await setAuction(winner)
  const id = textOf(answer, 'auction_id')
  await lead(seller, id, amount)
  await closeAuction(id)
}

describe('one player at once', () => {
  it('§9 cannot hold the same TUX for two auctions', async () => {
    const [seller, bidder] = [await registerPlayer(), await playerWith(10)]
    const ids = [await openAuction(seller), await openAuction(seller), await openAuction(seller)]
    const answers = await Promise.all(ids.map((id) => bid(bidder, id, 10)))
    expect(sortedStatuses(answers)).toStrictEqual([201, 402, 402])
    expect(await tuxOf(bidder)).toBe(0)
    const led = await Promise.all(ids.map(async (id) => (await auctionOf(id))['current_winning_bid']))
    expect(sumOf(led.map(Number))).toBe(10)
  })

  it('§9 cannot set two auctions with one copy', async () => {
    const seller = await registerPlayer()
    await give(seller, 'Tails', 2)
    const answers = await Promise.all(Array.from({ length: 6 }, () => setAuction(seller, { gacha_name: 'Tails' })))
    expect(sortedStatuses(answers)).toStrictEqual([201, 201, 400, 400, 400, 400])
    for (const answer of answers.filter(({ status }) => status === 400)) {
      expect(outcome(answer)).toStrictEqual(refusal(400, "User's gacha cannot be found."))
    }
    expect(await copiesOf(seller, 'Tails')).toBe(0)
    const set = answers.filter(({ status }) => status === 201).map((answer) => textOf(answer, 'auction_id'))
    const listed = await listedIds('public', seller.token, `player_id=${seller.uid}`)
    expect(new Set(listed)).toStrictEqual(new Set(set))
  })

  it('§9 raises the own bid: each amount is held once', async () => {
    const [seller, bidder] = [await registerPlayer(), await playerWith(20)]
    const id = await openAuction(seller)
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => bid(bidder, id, index + 1)))
    for (const { status, text } of answers) expect([201, 400], text).toContain(status)
    expect(await auctionOf(id)).toMatchObject({ current_winning_bid: 20 })
    expect(await tuxOf(bidder)).toBe(0)
    await deleteAuction(seller, id)
    expect(await tuxOf(bidder)).toBe(20)
  })

  it('§8 deletes an auction many times: the copy comes back once', async () => {
    const seller = await registerPlayer()
    const id = await openAuction(seller)
    await lead(bidders[0] ?? seller, id, 5)
    const answers = await Promise.all(Array.from({ length: 6 }, () => deleteAuction(seller, id)))
    expect(sortedStatuses(answers)).toStrictEqual([200, 400, 400, 400, 400, 400])
    expect(await copiesOf(seller)).toBe(1)
  })
})

describe('an auction that is closed, deleted and bid on at once', () => {
  /** What must be true whoever came first: either it was sold for its last bid, or everything is as before it. */
  async function expectConsistent(id: string, seller: Player, players: readonly Player[]): Promise<void> {
    const found = await asAdmin('GET', `auctions/${id}`)
    const sales = await salesOf(seller)
    const copies = await Promise.all(players.map((player) => copiesOf(player, 'Mint')))
    if (found.status === 404) {
      expect([await tuxOf(seller), await copiesOf(seller, 'Mint'), sales]).toStrictEqual([0, 1, []])
      expect([await totalTux(players), sumOf(copies)]).toStrictEqual([100 * players.length, 0])
      expect(await bidsOn(id)).toStrictEqual([])
      return
    }
    const auction = await auctionOf(id)
    const bids = await bidsOn(id)
    const price = Number(auction['current_winning_bid'])
    expect(auction).toMatchObject({ active: false, current_winning_player_id: bids.at(-1)?.['player_id'] })
    expect([await tuxOf(seller), await copiesOf(seller, 'Mint'), sales.length]).toStrictEqual([price, 0, 1])
    expect([await totalTux(players), sumOf(copies)]).toStrictEqual([100 * players.length - price, 1])
    const winner = players.findIndex(({ uid }) => uid === auction['current_winning_player_id'])
    expect(copies[winner]).toBe(1)
  }

  it.each([
    ['its owner and an administrator', [200, 400, 404]],
    ['two administrators', [200, 400, 404]],
  ])('§9 ends in one way, asked by %s', async (who, allowed) => {
    for (let round = 0; round < 6; round++) {
      const [seller, ...players] = await Promise.all([
        registerPlayer(),
        playerWith(100),
        playerWith(100),
        playerWith(100),
      ])
      const id = await openAuction(seller, { gacha_name: 'Mint' })
      await lead(players[0], id, 5)
      const remove = () => (who.startsWith('its') ? deleteAuction(seller, id) : asAdmin('DELETE', `auctions/${id}`))
      const bids = players.map((player, index) => () => bid(player, id, 10 + index))
      const ends = [remove, () => patchAuction(id, false)]
      // Another order in each round, so that each may come first.
      const calls = round % 2 === 0 ? [...bids, ...ends] : [...ends.toReversed(), ...bids]
      const answers = await Promise.all(calls.map((ask) => ask()))
      for (const answer of answers) expect([...allowed, 201], answer.text).toContain(answer.status)
      const [removed, closed] = round % 2 === 0 ? answers.slice(3) : answers.slice(0, 2).toReversed()
      expect([removed?.status === 200, closed?.status === 200]).toContain(true)
      expect([removed?.status, closed?.status]).not.toStrictEqual([200, 200])
      await expectConsistent(id, seller, players)
    }
  })

  it('§9 ends in one way when it is deleted while its end comes', async () => {
    const [seller, bidder, end_time] = [await registerPlayer(), await playerWith(100), inSeconds(6)]
    const ids = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const id = await openAuction(seller, { gacha_name: 'Mint', end_time })
        await lead(bidder, id, 5)
        return id
      }),
    )
    expect(Date.now()).toBeLessThan(end_time * 1000 - 50)
    const deletions = await Promise.all(
      ids.map(async (id, index) => {
        // From a little before the end to a little after it.
        await until(end_time + (index * 3 - 20) / 1000)
        return deleteAuction(seller, id)
      }),
    )
    let sold = 0
    for (const [index, id] of ids.entries()) {
      const { status, text } = deletions[index] ?? {}
      expect([200, 400], text).toContain(status)
      if (status === 200) expect((await asAdmin('GET', `auctions/${id}`)).status).toBe(404)
      else {
        await untilClosed(id)
        sold += 1
      }
    }
    expect([await tuxOf(seller), await tuxOf(bidder)]).toStrictEqual([5 * sold, 100 - 5 * sold])
    expect([await copiesOf(seller, 'Mint'), await copiesOf(bidder, 'Mint')]).toStrictEqual([12 - sold, sold])
    for (const player of [seller, bidder]) expect(await salesOf(player)).toHaveLength(sold)
  })
})

describe('accounts and gachas that vanish while they are bid for', () => {
  it('§11 a bidder who is deleted while bidding leaves an auction that closes', async () => {
    const [seller, other] = [await registerPlayer(), await playerWith(100)]
    for (let round = 0; round < 4; round++) {
      const leaver = await playerWith(100)
      const id = await openAuction(seller, { gacha_name: 'Fedora' })
      await lead(leaver, id, 1)
      const before = await totalTux([seller, other])
      const [, ...answers] = await Promise.all([
        deleteAccount(leaver),
        ...[2, 4, 6].map((amount) => bid(leaver, id, amount)),
        ...[3, 5].map((amount) => bid(other, id, amount)),
      ])
      for (const { status, text } of answers) expect([201, 400, 401], text).toContain(status)
      await closeAuction(id)
      expect(await totalTux([seller, other])).toBe(before)
      expect(await auctionOf(id)).toMatchObject({ active: false })
    }
    const kept = await Promise.all([copiesOf(seller, 'Fedora'), copiesOf(other, 'Fedora')])
    expect(sumOf(kept)).toBe(4)
  })

  it('§11 a seller who is deleted while setting auctions and being bid on leaves no money frozen', async () => {
    for (let round = 0; round < 4; round++) {
      const [seller, bidder] = [await registerPlayer(), await playerWith(100)]
      const id = await openAuction(seller)
      await give(seller, 'Ubuntu', 3)
      const answers = await Promise.all([
        ...Array.from({ length: 3 }, () => setAuction(seller)),
        bid(bidder, id, 10),
        bid(bidder, id, 20),
        deleteAccount(seller),
      ])
      for (const answer of answers) if (answer) expect([201, 400, 401], answer.text).toContain(answer.status)
      for (const open of listOf((await asAdmin('GET', `auctions?player_id=${seller.uid}`)).body)) {
        await closeAuction(String(open['auction_id']))
      }
      expect(await tuxOf(bidder)).toBe(100)
      expect(await copiesOf(bidder)).toBe(0)
    }
  })

  it('§13 a gacha that is removed while its auctions close was sold before, or not at all', async () => {
    const [seller, bidder] = [await registerPlayer(), await playerWith(1000)]
    for (let round = 0; round < 4; round++) {
      const gacha_name = uniqueGachaName()
      await addToCatalogue(gacha_name)
      const ids: string[] = []
      for (let count = 0; count < 10; count++) {
        const id = await openAuction(seller, { gacha_name })
        await lead(bidder, id, 10)
        ids.push(id)
      }
      const closings = ids.map(closeAuction)
      // When some are closed and others are being closed.
      await Promise.any(closings)
      const [removed] = await Promise.all([removeFromCatalogue(gacha_name), ...closings])
      expect(removed.status).toBe(200)
      expect(await copiesOf(bidder, gacha_name)).toBe(0)
      const sales = await salesOf(seller)
      expect(await salesOf(bidder)).toStrictEqual(sales)
      expect([await tuxOf(seller), await tuxOf(bidder)]).toStrictEqual([10 * sales.length, 1000 - 10 * sales.length])
    }
  })
})

import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuctionRows } from './auction-rows.ts'
import { startAuction, type TestAuction } from './test-auction.ts'

let auction: TestAuction
let rows: AuctionRows
beforeAll(async () => {
  auction = await startAuction()
  rows = auction.rows
})
afterAll(() => auction.stop())

const ask = (person: string, as = 'identity') => auction.asService(as, 'GET', `/internal/auction/people/${person}/data`)

/** A bid of somebody's that leads. */
async function bid(auctionId: string, player: string, amount: number): Promise<string> {
  const id = newId()
  await rows.run(
    `insert into bid (id, auction_id, player, amount, placed_at) values ($1, $2, $3, $4, 1790000000.25)`,
    id,
    auctionId,
    player,
    amount,
  )
  await rows.run(
    `update auction set leader = $2, leading_bid = $3, highest_bid = $4 where id = $1`,
    auctionId,
    player,
    id,
    amount,
  )
  return id
}

describe('what auction holds of somebody', () => {
  it('is told to identity alone', async () => {
    for (const as of ['wallet', 'gateway', 'enrollment']) expect(await ask(newId(), as)).toMatchObject({ status: 403 })
    expect(await ask('nobody')).toMatchObject({ status: 404 })
  })

  it('is auctions and bids, and nothing of who else bid or sold', async () => {
    const [ada, bob] = [newId(), newId()]
    await rows.run(`insert into player (uid, opened_at) values ($1, now())`, ada)
    const [won, lost] = [await rows.open(), await rows.open()]
    const own = newId()
    await rows.run(
      `insert into auction (id, seller, gacha_name, starting_price, end_time, state) values ($1, $2, 'Debian', 10, 99999999999999, 'open')`,
      own,
      ada,
    )
    const bids = {
      first: await bid(won, ada, 11),
      other: await bid(won, bob, 12),
      won: await bid(won, ada, 13),
      outbid: await bid(lost, ada, 20),
      beyond: await bid(lost, bob, 21),
      onOwn: await bid(own, bob, 40),
    }
    await rows.run(`update auction set state = 'closing', retry_at = now() where id = $1`, won)
    await rows.run(`update auction set state = 'closed', retry_at = null, outcome = 'sold' where id = $1`, won)
    const { body } = await ask(ada)
    const common = { gacha_name: 'NixOS', placed_at: '2026-09-21T14:13:20.250Z' }
    expect(body).toEqual({
      sections: {
        membership: { opened_at: expect.any(String), closed_at: null },
        auctions: [
          {
            id: own,
            gacha_name: 'Debian',
            starting_price: 10,
            highest_bid: 40,
            ends_at: 99_999_999_999_999,
            state: 'open',
            outcome: null,
          },
        ],
        bids: [
          { ...common, id: bids.outbid, auction_id: lost, amount: 20, leads: false, bought: false },
          { ...common, id: bids.won, auction_id: won, amount: 13, leads: true, bought: true },
          { ...common, id: bids.first, auction_id: won, amount: 11, leads: false, bought: false },
        ],
      },
      next: null,
    })
    const text = JSON.stringify(body)
    for (const foreign of [bob, rows.seller, bids.other, bids.beyond, bids.onOwn]) expect(text).not.toContain(foreign)
  })

  it('is nothing for whom it does not know', async () => {
    expect((await ask(newId())).body).toEqual({ sections: { membership: null, auctions: [], bids: [] }, next: null })
  })
})

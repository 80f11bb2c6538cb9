import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AuctionRows, createAuctionRows } from './auction-rows.ts'

let rows: AuctionRows
beforeAll(async () => {
  rows = await createAuctionRows()
})
afterAll(() => rows.test.drop())

const refused = /restrict_violation|refused|violates/

describe('the database refuses', () => {
  it.each([
    ['another seller', `seller = gen_random_uuid()`],
    ['another thing', `gacha_name = 'Gentoo'`],
    ['another price', `starting_price = 11`],
    ['another end', `end_time = end_time + 1`],
    ['a lower bid', `highest_bid = 19`],
    ['another leader for the same bid', `leader = gen_random_uuid(), leading_bid = gen_random_uuid()`],
    ['another leader of the same bid', `leader = gen_random_uuid()`],
    ['a leader without a bid', `leader = null`],
    ['the seller as leader', `leader = seller, leading_bid = gen_random_uuid(), highest_bid = 30`],
    ['an end without an outcome', `state = 'closed'`],
    ['an outcome before the end', `outcome = 'sold'`],
    ['an end that nobody comes back to', `state = 'closing'`],
    ['to be made once more', `state = 'creating', retry_at = now()`],
    ['a state that is none', `state = 'paused'`],
  ])('§9 %s', async (_what, change) => {
    const id = await rows.open()
    await rows.lead(id, 20)
    await expect(rows.run(`update auction set ${change} where id = $1`, id)).rejects.toThrow(refused)
  })

  it('§9 a bid once it is closing, and any change once it is closed', async () => {
    const id = await rows.open()
    await rows.lead(id, 20)
    await rows.run(`update auction set state = 'closing', retry_at = now() where id = $1`, id)
    const higher = `highest_bid = 30, leading_bid = gen_random_uuid(), leader = gen_random_uuid()`
    await expect(rows.run(`update auction set ${higher} where id = $1`, id)).rejects.toThrow(refused)
    await expect(rows.run(`update auction set state = 'open', retry_at = null where id = $1`, id)).rejects.toThrow(
      refused,
    )
    await rows.run(`update auction set state = 'closed', outcome = 'sold', retry_at = null where id = $1`, id)
    for (const change of [
      `state = 'open', outcome = null`,
      `state = 'closing', outcome = null, retry_at = now()`,
      higher,
    ])
      await expect(rows.run(`update auction set ${change} where id = $1`, id)).rejects.toThrow(refused)
  })

  it('§9 to lose an auction that people know of', async () => {
    const id = await rows.open()
    await expect(rows.run('delete from auction where id = $1', id)).rejects.toThrow(refused)
    await rows.run(`update auction set state = 'deleting', retry_at = now() where id = $1`, id)
    await expect(rows.run(`update auction set state = 'open', retry_at = null where id = $1`, id)).rejects.toThrow(
      refused,
    )
    await rows.run('delete from auction where id = $1', id)
  })

  it('§9 two bids of the same amount, a bid of nothing, and a changed one', async () => {
    const id = await rows.open()
    const bid = await rows.lead(id, 20)
    const insert = (amount: number): Promise<unknown> =>
      rows.run(
        `insert into bid (id, auction_id, player, amount, placed_at) values ($1, $2, $3, $4, 0)`,
        newId(),
        id,
        newId(),
        amount,
      )
    await expect(insert(20)).rejects.toThrow(/duplicate key/)
    await expect(insert(0)).rejects.toThrow(refused)
    for (const change of ['amount = 21', 'placed_at = 1', 'player = gen_random_uuid()'])
      await expect(rows.run(`update bid set ${change} where id = $1`, bid)).rejects.toThrow(refused)
  })

  it('§9 an auction that is sold without a leader', async () => {
    const id = await rows.open()
    await rows.run(`update auction set state = 'closing', retry_at = now() where id = $1`, id)
    for (const outcome of ['sold', 'leader-gone'])
      await expect(
        rows.run(`update auction set state = 'closed', outcome = $2, retry_at = null where id = $1`, id, outcome),
      ).rejects.toThrow(refused)
    await rows.run(`update auction set state = 'closed', outcome = 'unsold', retry_at = null where id = $1`, id)
  })

  it('§9 offers that are being decided on an auction that takes none', async () => {
    const id = await rows.open()
    await rows.run(`update auction set state = 'closing', retry_at = now() where id = $1`, id)
    await expect(rows.run('update auction set batch_id = $2 where id = $1', id, newId())).rejects.toThrow(refused)
  })
})

import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, newId } from '@sallyport/kernel'
import { type AuctionDatabase, migrations } from '../src/index.ts'

/** The auction's tables, to be written into by hand. */
export interface AuctionRows {
  readonly test: TestDatabase<AuctionDatabase>
  readonly seller: AccountId
  /** Runs a statement as the service may. */
  run(statement: string, ...values: unknown[]): Promise<unknown>
  /** An open auction from price 10 that ends in an hour; its id. */
  open(): Promise<string>
  /** A bid that leads it; its id. */
  lead(auctionId: string, amount: number): Promise<string>
}

export async function createAuctionRows(): Promise<AuctionRows> {
  const test = await createTestDatabase<AuctionDatabase>({ service: 'auction', migrations })
  const { pool } = test.database
  const seller = newId<AccountId>()
  const run = (statement: string, ...values: unknown[]): Promise<unknown> => pool.query(statement, values)
  return {
    test,
    seller,
    run,
    async open() {
      const id = newId()
      await run(
        `insert into auction (id, seller, gacha_name, starting_price, end_time, state)
         values ($1, $2, 'NixOS', 10, extract(epoch from now())::int8 + 3600, 'open')`,
        id,
        seller,
      )
      return id
    },
    async lead(auctionId, amount) {
      const [id, player] = [newId(), newId()]
      await run(
        `insert into bid (id, auction_id, player, amount, placed_at) values ($1, $2, $3, $4, extract(epoch from now()))`,
        id,
        auctionId,
        player,
        amount,
      )
      await run(
        `update auction set leader = $2, leading_bid = $3, highest_bid = $4 where id = $1`,
        auctionId,
        player,
        id,
        amount,
      )
      return id
    },
  }
}

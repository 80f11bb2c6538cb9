import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invariants } from '../src/audit/invariants.ts'
import type { AuctionDatabase } from '../src/index.ts'
import { listUnfinished, tryAgain } from '../src/unfinished/unfinished.ts'
import { verifyAuctions } from '../src/audit/index.ts'
import { type AuctionRows, createAuctionRows } from './auction-rows.ts'

let rows: AuctionRows
/** Somebody who may write past every trigger. */
let vandal: ServiceDatabase<AuctionDatabase>
beforeAll(async () => {
  rows = await createAuctionRows()
  vandal = openDatabase({ service: 'vandal', connection: { ...rows.test.connection, user: 'postgres' } })
})
afterAll(async () => {
  await vandal.close()
  await rows.test.drop()
})

async function vandalize(statement: string, id: string): Promise<void> {
  const client = await vandal.pool.connect()
  try {
    await client.query(`set session_replication_role = replica`)
    await client.query(statement, [id])
  } finally {
    client.release(true)
  }
}

const damages: Readonly<Record<string, string>> = {
  'bids-rise': `insert into bid (id, auction_id, player, amount, placed_at) values (gen_random_uuid(), $1, gen_random_uuid(), 5, 0)`,
  'bids-come-before-the-end': `update bid set placed_at = (select end_time from auction where id = $1) where auction_id = $1`,
  'bids-reach-the-starting-price': `insert into bid (id, auction_id, player, amount, placed_at) values (gen_random_uuid(), $1, gen_random_uuid(), 9, 0)`,
  'nobody-bids-on-their-own': `update bid set player = (select seller from auction where id = $1) where auction_id = $1`,
  'the-highest-bid-leads': `update auction set highest_bid = 16 where id = $1`,
  'batches-keep-their-auctions': `update auction set batch_id = gen_random_uuid() where id = $1`,
  'nothing-is-overdue': `update auction set end_time = 0 where id = $1`,
  'nothing-is-stuck': `update auction set state = 'closing', retry_at = now(), attempts = 11 where id = $1`,
}

describe('looking over the auctions', () => {
  it('finds nothing when all is well', async () => {
    const id = await rows.open()
    await rows.lead(id, 12)
    await rows.lead(id, 15)
    expect(await verifyAuctions(rows.test.database.db)).toEqual([])
  })

  it.each(Object.keys(invariants))('finds what breaks %s', async (name) => {
    const damage = damages[name]
    if (damage === undefined) throw new TypeError(`nobody has thought of a way to break ${name}`)
    const id = await rows.open()
    await rows.lead(id, 15)
    await vandalize(damage, id)
    const found = await verifyAuctions(rows.test.database.db)
    expect(found.map(({ invariant }) => invariant)).toContain(name)
    await vandalize('delete from bid where auction_id = $1', id)
    await vandalize('delete from auction where id = $1', id)
    expect(await verifyAuctions(rows.test.database.db)).toEqual([])
  })
})

describe('what is tried in vain', () => {
  it('is listed, and tried again when it is told to', async () => {
    const { db } = rows.test.database
    const id = await rows.open()
    await rows.run(
      `update auction set state = 'closing', attempts = 6, retry_at = now() + interval '1 hour' where id = $1`,
      id,
    )
    expect(await listUnfinished(db)).toMatchObject([{ id, what: 'closing', attempts: 6 }])
    expect(await tryAgain(db, id)).toBe(true)
    const { rows: due } = await rows.test.database.pool.query(
      'select retry_at <= now() as due from auction where id = $1',
      [id],
    )
    expect(due).toEqual([{ due: true }])
    expect(await tryAgain(db, newId())).toBe(false)
    expect(await tryAgain(db, 'nothing')).toBe(false)
  })
})

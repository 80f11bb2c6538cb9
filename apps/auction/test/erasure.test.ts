import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyAuctions } from '../src/audit/index.ts'
import { startAuction, type TestAuction } from './test-auction.ts'

let auction: TestAuction
/** The owner of the tables. */
let owner: ServiceDatabase<unknown>
beforeAll(async () => {
  auction = await startAuction()
  owner = openDatabase({ service: 'owner', connection: auction.rows.test.ownerConnection })
  // Whoever writes a row of these waits here for whoever holds the lock.
  await owner.pool.query(`
    create function wait_at_gate() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock_shared(1, hashtext(tg_table_name));
      return new;
    end
    $$;
    create trigger wait_at_gate before insert on auction for each row execute function wait_at_gate();
    create trigger wait_at_gate before insert on offer_batch for each row execute function wait_at_gate();
    create trigger wait_at_gate before insert on player for each row execute function wait_at_gate()`)
})
afterAll(async () => {
  await owner.close()
  await auction.stop()
})

const erase = (uid: string, id: string = newId()) =>
  auction.asService('identity', 'PUT', `/internal/auction/erasures/${id}`, { uid, keep_uploads: false })
const open = (uid: string) => auction.asService('identity', 'PUT', `/internal/auction/players/${uid}`)
const close = (uid: string) => auction.asService('identity', 'DELETE', `/internal/auction/players/${uid}`)
const putUp = (uid: string) =>
  auction.asPlayer(uid, '/api/auction/auctions', {
    player_id: uid,
    gacha_name: 'NixOS',
    starting_price: 0,
    end_time: 4_000_000_000,
  })
const bid = (uid: string, id: unknown, amount: number) =>
  auction.asPlayer(uid, `/v1/auction/auctions/${String(id)}/bids`, { amount })
async function auctionOf(uid: string): Promise<string> {
  const { status, body } = await putUp(uid)
  expect(status, JSON.stringify(body)).toBe(201)
  return String(body['auction_id'])
}
async function lead(uid: string, id: string, amount: number): Promise<void> {
  const { status, body } = await bid(uid, id, amount)
  expect(status, JSON.stringify(body)).toBe(201)
}

/** Every row of every table there is, as text. */
async function everything(): Promise<string> {
  const tables = ['player', 'auction', 'bid', 'offer_batch', 'keyed_bid', 'erasure', 'erased_person']
  const found = await Promise.all(tables.map((name) => owner.pool.query(`select t::text as row from ${name} as t`)))
  return found.flatMap(({ rows }) => rows.map(({ row }) => String(row))).join('\n')
}

/** Holds up whoever writes a row of a table; `reached` once somebody waits. */
async function gateAt(table: string) {
  const client = await owner.pool.connect()
  await client.query('begin')
  await client.query('select pg_advisory_xact_lock(1, hashtext($1))', [table])
  return {
    async reached() {
      const waiting = `select from pg_locks where locktype = 'advisory' and classid = 1 and not granted
        and database = (select oid from pg_database where datname = current_database())`
      await expect.poll(async () => (await owner.pool.query(waiting)).rowCount, { timeout: 20_000 }).toBe(1)
    },
    async letGo() {
      await client.query('commit')
      client.release()
    },
  }
}
/** Whoever is found to wait for somebody else than the gate. */
const untilSomebodyWaits = () =>
  expect
    .poll(
      async () =>
        (
          await owner.pool.query(`select from pg_locks where not granted and not (locktype = 'advisory' and classid = 1)
            and pid in (select pid from pg_stat_activity where datname = current_database())`)
        ).rowCount,
      { timeout: 20_000 },
    )
    .toBeGreaterThan(0)

describe('the erasure of a person', () => {
  it('has their auctions and bids go on under one id that is nobody’s', async () => {
    const [ada, bob] = [await auction.newPlayer(), await auction.newPlayer()]
    const [own, others] = [await auctionOf(ada), await auctionOf(bob)]
    await lead(bob, own, 3)
    await lead(ada, others, 4)
    await lead(bob, own, 5)
    expect(await erase(ada)).toEqual({
      status: 200,
      body: { removed: { players: 1 }, anonymous: { auctions: 1, bids: 1 } },
    })
    expect(await everything()).not.toContain(ada)
    const { rows } = await owner.pool.query(
      `select seller.seller as nobody from auction as seller join auction as led on led.leader = seller.seller
       join bid on bid.player = led.leader where seller.id = $1 and led.id = $2`,
      [own, others],
    )
    expect(rows).toEqual([{ nobody: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
    expect(await verifyAuctions(auction.rows.test.database.db)).toEqual([])
    // Both go on: somebody bids, and they come to their ends.
    await lead(bob, own, 6)
    for (const id of [own, others])
      expect((await auction.asAdministrator(`/admin/api/auction/auctions/${id}`, { status: false })).status).toBe(200)
    expect(await verifyAuctions(auction.rows.test.database.db)).toEqual([])
  })

  it('says the same again when it comes twice, and at once', async () => {
    const [ada, bob, id] = [await auction.newPlayer(), await auction.newPlayer(), newId()]
    await lead(bob, await auctionOf(ada), 3)
    for (const { status } of await Promise.all([erase(ada, id), erase(ada, id), erase(ada, id)]))
      expect(status).toBe(200)
    expect((await erase(ada, id)).body).toEqual({ removed: { players: 1 }, anonymous: { auctions: 1, bids: 0 } })
    expect(await everything()).not.toContain(ada)
  })

  it('is of whoever is nobody’s friend too, and lets in nobody who was erased', async () => {
    const ada = newId()
    expect((await erase(ada)).status).toBe(200)
    expect((await open(ada)).body).toEqual({ state: 'closed' })
    expect((await close(ada)).body).toEqual({ state: 'closed' })
    expect((await putUp(ada)).status).toBe(400)
    expect(await everything()).not.toContain(ada)
  })

  it('comes after the bids that the wallet is deciding', async () => {
    const [ada, bob] = [await auction.newPlayer(), await auction.newPlayer()]
    const id = await auctionOf(bob)
    const wallet = auction.holdBack('offer-batches')
    const bidding = bid(ada, id, 7)
    await wallet.reached
    const tooEarly = await erase(ada)
    wallet.release()
    expect(tooEarly).toMatchObject({ status: 503, body: { code: 'auctions-unsettled' } })
    expect((await bidding).status).toBe(201)
    expect((await erase(ada)).body).toMatchObject({ anonymous: { bids: 1 } })
    expect(await everything()).not.toContain(ada)
    expect(await verifyAuctions(auction.rows.test.database.db)).toEqual([])
  })

  it('comes after the end of an auction that is being settled, which the wallet hears of under one id', async () => {
    const [ada, bob] = [await auction.newPlayer(), await auction.newPlayer()]
    const id = await auctionOf(ada)
    await lead(bob, id, 7)
    const gacha = auction.holdBack('escrow-settlements')
    const closing = auction.asAdministrator(`/admin/api/auction/auctions/${id}`, { status: false })
    await gacha.reached
    const tooEarly = await erase(ada)
    gacha.release()
    expect(tooEarly).toMatchObject({ status: 503, body: { code: 'auctions-unsettled' } })
    expect((await closing).status).toBe(200)
    expect((await erase(ada)).body).toMatchObject({ anonymous: { auctions: 1 } })
    expect(await everything()).not.toContain(ada)
    const sales = auction.asked.filter((asked) => asked.includes('hold-settlements') && asked.includes(id))
    expect(sales).toEqual([expect.stringContaining(`"seller":"${ada}"`)])
  })
})

describe('a request of the person that takes longer than the erasure waits', () => {
  it('that bids is waited for: its bid is erased too', async () => {
    const [ada, bob] = [await auction.newPlayer(), await auction.newPlayer()]
    const id = await auctionOf(bob)
    const gate = await gateAt('offer_batch')
    const bidding = bid(ada, id, 7)
    await gate.reached()
    const erasing = erase(ada)
    await untilSomebodyWaits()
    await gate.letGo()
    await bidding
    if ((await erasing).status !== 200) expect((await erase(ada)).status).toBe(200)
    expect(await everything()).not.toContain(ada)
    expect(await verifyAuctions(auction.rows.test.database.db)).toEqual([])
  })

  it('that puts something up is waited for', async () => {
    const ada = await auction.newPlayer()
    const gate = await gateAt('auction')
    const putting = putUp(ada)
    await gate.reached()
    const erasing = erase(ada)
    await untilSomebodyWaits()
    await gate.letGo()
    await putting
    expect((await erasing).status).toBe(200)
    expect(await everything()).not.toContain(ada)
  })

  it('that makes them a player is waited for, and makes nobody one afterwards', async () => {
    const ada = newId()
    const gate = await gateAt('player')
    const opening = open(ada)
    await gate.reached()
    const erasing = erase(ada)
    await untilSomebodyWaits()
    await gate.letGo()
    await opening
    expect((await erasing).status).toBe(200)
    expect(await everything()).not.toContain(ada)
  })
})

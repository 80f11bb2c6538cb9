import { openDatabase } from '@sallyport/database'
import { type AccountId, newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifyCopies } from '../src/audit/verification.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
beforeAll(async () => {
  gacha = await startGacha()
})
afterAll(() => gacha.stop())

async function erase(uid: string, id: string = newId()) {
  const { status, body } = await gacha.service.inject({
    method: 'PUT',
    path: `/internal/gacha/erasures/${id}`,
    headers: { authorization: 'Bearer identity' },
    body: JSON.stringify({ uid, keep_uploads: false }),
  })
  const read: unknown = JSON.parse(body)
  return { status, body: read }
}
const rollsOf = (uid: AccountId) =>
  gacha.test.database.db.selectFrom('roll').selectAll().where('uid', '=', uid).execute()

const open = (uid: string) => gacha.asIdentity('PUT', `/internal/gacha/players/${uid}`)
const close = (uid: string) => gacha.asIdentity('DELETE', `/internal/gacha/players/${uid}`)
const offer = (uid: string, auction: string) =>
  gacha.asAuction('PUT', `/internal/gacha/escrows/${auction}`, { uid, gacha_name: 'Ubuntu' })
const settle = (auction_id: string, to: string) =>
  gacha.asAuction('POST', '/internal/gacha/escrow-settlements', { settlements: [{ auction_id, to }] })

/** Every row of every table there is, as text. */
async function everything(): Promise<string> {
  const { pool } = gacha.test.database
  const tables = ['collection', 'copy', 'roll', 'roll_seed', 'escrow', 'erasure', 'erased_person']
  const found = await Promise.all(tables.map((name) => pool.query(`select t::text as row from ${name} as t`)))
  return found.flatMap(({ rows }) => rows.map(({ row }) => String(row))).join('\n')
}

describe('the erasure of a person', () => {
  it('has what auctions kept of them, and gave them, go on under an id that is nobody’s', async () => {
    const [ada, bob, id] = [await gacha.newPlayer(100), await gacha.newPlayer(100), newId()]
    const [kept, given] = [newId(), newId()]
    await gacha.roll(ada)
    await gacha.roll(bob)
    await offer(ada, kept)
    await offer(bob, given)
    await settle(given, ada)
    for (const time of ['first', 'second'])
      expect(await erase(ada, id), time).toEqual({
        status: 200,
        body: { removed: { copies: 1, rolls: 1 }, anonymous: { escrows: 2 } },
      })
    expect(await everything()).not.toContain(ada)
    expect(await verifyCopies(gacha.test.database.db)).toEqual([])
    // The auction knows somebody else by now, who has no collection.
    expect((await settle(kept, newId())).body).toEqual({ outcomes: ['discarded'] })
    expect(await verifyCopies(gacha.test.database.db)).toEqual([])
  })

  it('lets in nobody who was erased', async () => {
    const ada = await gacha.newPlayer(0)
    expect((await erase(ada)).status).toBe(200)
    expect((await open(ada)).body).toEqual({ state: 'closed' })
    expect((await close(ada)).body).toEqual({ state: 'closed' })
    expect((await offer(ada, newId())).status).toBe(404)
    expect(await everything()).not.toContain(ada)
  })

  it('waits for whoever is just being let in', async () => {
    const owner = openDatabase({ service: 'owner', connection: gacha.test.ownerConnection })
    const gate = await owner.pool.connect()
    try {
      await gate.query(`
        create function wait_at_gate() returns trigger language plpgsql as $$
        begin
          perform pg_advisory_xact_lock_shared(1, 1);
          return new;
        end
        $$;
        create trigger wait_at_gate before insert on collection for each row execute function wait_at_gate()`)
      await gate.query('begin; select pg_advisory_xact_lock(1, 1)')
      const waiting = async (condition: string) =>
        (
          await owner.pool.query(`select from pg_locks where locktype = 'advisory' and not granted and ${condition}
          and database = (select oid from pg_database where datname = current_database())`)
        ).rowCount
      const ada = newId()
      const opening = open(ada)
      await expect.poll(() => waiting('classid = 1'), { timeout: 20_000 }).toBe(1)
      const erasing = erase(ada)
      await expect.poll(() => waiting('classid <> 1'), { timeout: 20_000 }).toBe(1)
      await gate.query('commit')
      expect([(await opening).body, (await erasing).status]).toEqual([{ state: 'open' }, 200])
      expect(await everything()).not.toContain(ada)
    } finally {
      gate.release(true)
      await owner.close()
    }
  })

  it('removes copies, rolls and the seeds they gave, and counts what a second one finds with it', async () => {
    const [uid, id] = [await gacha.newPlayer(100), newId()]
    await gacha.roll(uid)
    await gacha.roll(uid)
    expect(await erase(uid, id)).toEqual({
      status: 200,
      body: { removed: { copies: 2, rolls: 2 }, anonymous: { escrows: 0 } },
    })
    expect([await gacha.copiesOf(uid), await rollsOf(uid)]).toEqual([{}, []])
    expect(await erase(uid, id)).toMatchObject({ body: { removed: { copies: 2, rolls: 2 } } })
    expect(await verifyCopies(gacha.test.database.db)).toEqual([])
  })

  it('waits for a roll whose price nobody knows yet', async () => {
    const uid = await gacha.newPlayer(100)
    const drawn = newId()
    await gacha.test.database.pool.query(
      `insert into roll (id, uid, gacha_id, state, drawn_at) select $1, $2, id, 'drawn', now() from gacha limit 1`,
      [drawn, uid],
    )
    expect(await erase(uid)).toMatchObject({ status: 503, body: { code: 'rolls-unsettled' } })
    expect(await gacha.copiesOf(uid)).toEqual({})
    await gacha.test.database.pool.query(`update roll set state = 'void', settled_at = now() where id = $1`, [drawn])
    expect(await erase(uid)).toMatchObject({ status: 200, body: { removed: { rolls: 1 } } })
  })

  it('is done with somebody nobody knows', async () => {
    expect(await erase(newId())).toMatchObject({ status: 200, body: { removed: { copies: 0, rolls: 0 } } })
  })
})

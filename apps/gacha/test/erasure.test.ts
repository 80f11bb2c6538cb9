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

describe('the erasure of a person', () => {
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

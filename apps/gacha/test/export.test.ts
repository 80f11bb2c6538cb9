import { personalDataPageSize } from '@sallyport/contracts'
import { newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
beforeAll(async () => {
  gacha = await startGacha()
})
afterAll(() => gacha.stop())

const ask = (person: string, after = '') =>
  gacha.asIdentity('GET', `/internal/gacha/people/${person}/data${after === '' ? '' : `?after=${after}`}`)
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)

describe('what gacha holds of somebody', () => {
  it('is told to identity alone', async () => {
    const uid = await gacha.newPlayer(0)
    expect(await gacha.asPlayer(uid, 'GET', `/internal/gacha/people/${uid}/data`)).toMatchObject({ status: 401 })
    expect(await ask('nobody')).toMatchObject({ status: 404 })
  })

  it('is copies, rolls, and what came and went at auctions, and nothing of who else took part', async () => {
    const [uid, other] = [await gacha.newPlayer(1000), await gacha.newPlayer(1000)]
    await gacha.asPlayer(uid, 'POST', '/v1/gacha/rolls', { body: { client_seed: '<b>luck</b>' } })
    for (const who of [uid, uid, uid, uid, other]) await gacha.roll(who)
    const auctions = { sold: newId(), returned: newId(), kept: newId(), bought: newId() }
    for (const [name, seller] of Object.entries({ sold: uid, returned: uid, kept: uid, bought: other })) {
      const id = Reflect.get(auctions, name)
      await gacha.asAuction('PUT', `/internal/gacha/escrows/${id}`, { uid: seller, gacha_name: 'Ubuntu' })
    }
    await gacha.asAuction('POST', '/internal/gacha/escrow-settlements', {
      settlements: [
        { auction_id: auctions.sold, to: other },
        { auction_id: auctions.returned, to: uid },
        { auction_id: auctions.bought, to: uid },
      ],
    })
    const { body } = await ask(uid)
    const roll = { id: expect.any(String), state: 'delivered', name: 'Ubuntu', rarity: expect.any(Number) }
    const times = { rolled_at: time, settled_at: time }
    const offered = { name: 'Ubuntu', taken_at: time }
    expect(body).toEqual({
      sections: {
        membership: { opened_at: time, closed_at: null },
        copies: expect.arrayContaining([{ name: 'Ubuntu', rarity: expect.any(Number), copies: 3 }]),
        rolls: [
          { ...roll, ...times, client_seed: '' },
          { ...roll, ...times, client_seed: '' },
          { ...roll, ...times, client_seed: '' },
          { ...roll, ...times, client_seed: '' },
          // Whatever was won with that.
          { ...roll, ...times, client_seed: '<b>luck</b>', name: expect.any(String) },
        ],
        offered: expect.arrayContaining([
          { ...offered, auction_id: auctions.sold, state: 'given', ended_at: time },
          { ...offered, auction_id: auctions.returned, state: 'returned', ended_at: time },
          { ...offered, auction_id: auctions.kept, state: 'kept', ended_at: null },
        ]),
        received: [{ auction_id: auctions.bought, name: 'Ubuntu', received_at: time }],
      },
      next: null,
    })
    expect(JSON.stringify(body)).not.toContain(other)
  })

  it('says nothing of what a roll has drawn as long as it is not delivered, nor of a seed', async () => {
    const uid = await gacha.newPlayer(0)
    expect(await gacha.roll(uid)).toMatchObject({ status: 400 })
    const { body } = await ask(uid)
    expect(body).toMatchObject({ sections: { rolls: [{ state: 'refused', name: null, rarity: null }] } })
    const seeds = await gacha.test.database.db.selectFrom('roll_seed').select('seed').where('uid', '=', uid).execute()
    for (const { seed } of seeds) expect(JSON.stringify(body)).not.toContain(seed.toString('hex'))
  })

  it('comes in pages, each roll once', async () => {
    const uid = await gacha.newPlayer(0)
    const count = 2 * personalDataPageSize + 3
    await sql`
      insert into roll (id, uid, gacha_id, state, drawn_at, settled_at)
      select gen_random_uuid(), ${uid}, gen_random_uuid(), 'void', now(), now() from generate_series(1, ${count})`.execute(
      gacha.test.database.db,
    )
    const ids: unknown[] = []
    let pages = 0
    for (let after = ''; pages < 9; pages += 1) {
      const { sections, next }: Record<string, unknown> = Object((await ask(uid, after)).body)
      const { rolls = [] }: Record<string, unknown> = Object(sections)
      ids.push(...Array.from(Object(rolls)).map((roll) => Reflect.get(Object(roll), 'id')))
      if (typeof next !== 'string') break
      after = next
    }
    expect(pages).toBe(2)
    expect([ids.length, new Set(ids).size]).toEqual([count, count])
  })
})

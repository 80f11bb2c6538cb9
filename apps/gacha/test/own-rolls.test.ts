import { type AccountId, idOf, newId } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stock } from '../src/catalogue/stock.ts'
import { markClosed } from '../src/collections/collection-store.ts'
import { verifyCopies } from '../src/audit/index.ts'
import { insertSeed } from '../src/rolls/seed-store.ts'
import { commitmentOf } from '../src/rolls/seeded-dice.ts'
import { untilWaiting, warmUp } from './copy-parts.ts'
import { nextSeed, seedOf } from './seeds.ts'
import { type Answer, startGacha, type TestGacha } from './test-gacha.ts'
import { holdBack, loseAnswer, loseRequest } from './wallet-stand-in.ts'

let gacha: TestGacha
let ada: AccountId

beforeEach(async () => {
  gacha = await startGacha({ randomSeed: () => seedOf('Ubuntu', undefined, ['', 'mine']) })
  ada = await gacha.newPlayer(30)
})
afterEach(async () => {
  expect(await verifyCopies(gacha.test.database.db)).toEqual([])
  await gacha.stop()
})

const rolls = '/v1/gacha/rolls'
const get = (path: string, uid = ada) => gacha.asPlayer(uid, 'GET', path)
const roll = (key?: string, clientSeed?: string): Promise<Answer> =>
  gacha.asPlayer(ada, 'POST', rolls, {
    body: clientSeed === undefined ? {} : { client_seed: clientSeed },
    headers: key === undefined ? {} : { 'idempotency-key': key },
  })
const idUnder = (key: string) => idOf('roll', ada, key)
const refused = (status: number, code: string) => ({ status, body: expect.objectContaining({ status, code }) })
const later = refused(503, 'roll-unsettled')
const won = {
  status: 201,
  body: expect.objectContaining({ gacha: { name: 'Ubuntu', rarity: 1, image: expect.any(String) } }),
}
const fieldOf = (answer: Answer, name: string): unknown => Reflect.get(Object(answer.body), name)
const close = () => gacha.asIdentity('DELETE', `/internal/gacha/players/${ada}`)
const seeds = () => gacha.test.database.db.selectFrom('roll_seed').select(['uid', 'seed']).execute()

describe('a roll on our own route', () => {
  it('gives one copy for the price, with its proof', async () => {
    const { body: before } = await get(`${rolls}/commitment`)
    const answer = await roll(undefined, 'mine')
    expect(answer).toEqual({
      status: 201,
      body: {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        gacha: { name: 'Ubuntu', rarity: 1, image: expect.any(String) },
        proof: {
          commitment: Reflect.get(Object(before), 'commitment'),
          seed: expect.stringMatching(/^[0-9a-f]{64}$/),
          client_seed: 'mine',
          attempt: 1,
          catalogue: stock.map(({ name, rarity }) => ({ name, rarity })),
        },
        next_commitment: expect.stringMatching(/^[0-9a-f]{64}$/),
        rolled_at: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    })
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
    expect(gacha.wallet.tux.get(ada)).toBe(20)
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it('shows the commitment of the next roll, the same until it is rolled, and another to another player', async () => {
    const [first, again] = [await get(`${rolls}/commitment`), await get(`${rolls}/commitment`)]
    expect(again).toEqual(first)
    expect(await get(`${rolls}/commitment`, await gacha.newPlayer(0))).not.toEqual(first)
    const rolled = await roll()
    expect(await get(`${rolls}/commitment`)).toEqual({
      status: 200,
      body: { commitment: fieldOf(rolled, 'next_commitment') },
    })
  })

  it('keeps one catalogue for all rolls from it', async () => {
    const snapshots = () => gacha.test.database.db.selectFrom('catalogue_snapshot').select('digest').execute()
    await roll()
    await gacha.roll(ada)
    expect(await snapshots()).toHaveLength(1)
    await gacha.asAdministrator('POST', '/admin/api/distro/gacha', { name: 'Nyan_OS', rarity: '5', image: '' })
    await gacha.roll(ada)
    expect(await snapshots()).toHaveLength(2)
  })

  it('is refused with 402 without enough TUX, uses the seed up and shows it', async () => {
    gacha.wallet.tux.set(ada, 9)
    const { body } = await get(`${rolls}/commitment`)
    expect(await roll('poor')).toEqual(refused(402, 'payment-refused'))
    expect(await get(`${rolls}/${idUnder('poor')}`)).toMatchObject({
      status: 200,
      body: { state: 'refused', gacha: null, proof: { commitment: Reflect.get(Object(body), 'commitment') } },
    })
    expect((await get(`${rolls}/commitment`)).body).not.toEqual(body)
  })

  it('is refused without a collection or a catalogue, and leaves the seed as it was', async () => {
    const before = await get(`${rolls}/commitment`)
    for (const { name } of stock) await gacha.asAdministrator('DELETE', `/admin/api/distro/gacha/remove/${name}`)
    expect(await roll()).toEqual(refused(409, 'empty-catalogue'))
    expect(await get(`${rolls}/commitment`)).toEqual(before)
    const stranger = newId()
    const noCollection = refused(404, 'no-collection')
    expect(await gacha.asPlayer(stranger, 'POST', rolls, { body: {} })).toEqual(noCollection)
    expect(await get(`${rolls}/commitment`, await gacha.newPlayer(0))).toMatchObject({ status: 200 })
    await close()
    expect(await get(`${rolls}/commitment`)).toEqual(noCollection)
    expect(await roll()).toEqual(refused(402, 'payment-refused'))
    expect((await seeds()).filter(({ uid }) => uid === ada)).toEqual([])
  })

  it.each([{ client_seed: 'x'.repeat(65) }, { client_seed: 'tab\t' }, { client_seed: 'ümlaut' }, { client_seed: 1 }])(
    'refuses %j',
    async (body) => {
      expect((await gacha.asPlayer(ada, 'POST', rolls, { body })).status).toBe(422)
      expect(await gacha.rollStates()).toEqual({})
    },
  )

  it('is not for administrators', async () => {
    expect((await gacha.asAdministrator('POST', rolls, {})).status).toBe(403)
    expect((await gacha.asAdministrator('GET', `${rolls}/commitment`)).status).toBe(403)
  })
})

describe('a roll under an Idempotency-Key', () => {
  it('has the first answer again, and is charged once', async () => {
    const first = await roll('one', 'mine')
    expect(first).toEqual(won)
    expect(await roll('one', 'mine')).toEqual(first)
    expect(gacha.wallet.tux.get(ada)).toBe(20)
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
    expect(fieldOf(await roll('two', 'mine'), 'id')).not.toBe(fieldOf(first, 'id'))
  })

  it('stays refused, also when there is enough TUX by then', async () => {
    gacha.wallet.tux.set(ada, 9)
    expect(await roll('poor')).toEqual(refused(402, 'payment-refused'))
    gacha.wallet.tux.set(ada, 50)
    expect(await roll('poor')).toEqual(refused(402, 'payment-refused'))
    expect(gacha.wallet.tux.get(ada)).toBe(50)
  })

  it('is refused for another client seed', async () => {
    await roll('one', 'mine')
    const reused = refused(422, 'idempotency-key-reused')
    expect([await roll('one', 'theirs'), await roll('one')]).toEqual([reused, reused])
    expect(gacha.wallet.tux.get(ada)).toBe(20)
  })

  it('is another roll for another player', async () => {
    const bob = await gacha.newPlayer(10)
    const first = await roll('one')
    const other = await gacha.asPlayer(bob, 'POST', rolls, { body: {}, headers: { 'idempotency-key': 'one' } })
    expect(other.status).toBe(201)
    expect(fieldOf(other, 'id')).not.toBe(fieldOf(first, 'id'))
  })

  it('is one roll when ten come at once', async () => {
    await warmUp(gacha.test)
    const answers = await Promise.all(Array.from({ length: 10 }, () => roll('one', 'mine')))
    expect(answers[0]).toEqual(won)
    for (const answer of answers) expect(answer).toEqual(answers[0])
    expect(gacha.wallet.tux.get(ada)).toBe(20)
    expect(await gacha.rollStates()).toEqual({ delivered: 1 })
  })

  it('shows no image any more once the gacha was removed', async () => {
    const first = await roll('one')
    await gacha.asAdministrator('DELETE', '/admin/api/distro/gacha/remove/Ubuntu')
    expect(await roll('one')).toEqual({
      status: 201,
      body: { ...Object(first.body), gacha: { name: 'Ubuntu', rarity: 1, image: null } },
    })
  })

  it.each([
    ['the answer', loseAnswer],
    ['the request', loseRequest],
  ])('is taken up again after a doubt, and charged once: %s was lost', async (_, incident) => {
    gacha.wallet.plan.push(incident)
    expect(await roll('one', 'mine')).toEqual(later)
    expect(await roll('one', 'mine')).toEqual(won)
    expect(gacha.wallet.tux.get(ada)).toBe(20)
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
    expect(await gacha.waitingJobs()).toBe(0)
  })

  it('shows no seed while it is in doubt', async () => {
    gacha.wallet.plan.push(loseAnswer)
    await roll('one')
    expect(await get(`${rolls}/${idUnder('one')}`)).toEqual({
      status: 200,
      body: {
        id: idUnder('one'),
        state: 'unsettled',
        gacha: null,
        proof: null,
        next_commitment: null,
        rolled_at: expect.any(String),
      },
    })
  })

  it('says what its job did after a doubt', async () => {
    gacha.wallet.plan.push(loseAnswer)
    expect(await roll('charged')).toEqual(later)
    gacha.wallet.plan.push(loseRequest)
    expect(await roll('not-charged')).toEqual(later)
    await gacha.startAnother()
    expect(await roll('charged')).toEqual(won)
    expect(await roll('not-charged')).toEqual(refused(409, 'roll-interrupted'))
    expect(gacha.wallet.tux.get(ada)).toBe(20)
    expect(await gacha.rollStates()).toEqual({ delivered: 1, void: 1 })
  })

  it.each([
    ['before it was charged', 'request', refused(409, 'roll-interrupted'), { void: 1 }, 30],
    ['after it was charged', 'answer', won, { delivered: 1 }, 20],
  ] as const)(
    'hears what became of it from the next process when this one died %s',
    async (_, what, end, states, tux) => {
      const held = holdBack(what)
      gacha.wallet.plan.push(held.incident)
      const rolling = roll('one')
      await held.reached
      await gacha.startAnother()
      expect(await roll('one')).toEqual(end)
      held.release()
      expect(await rolling).toEqual(end)
      expect([await gacha.rollStates(), gacha.wallet.tux.get(ada)]).toEqual([states, tux])
    },
  )

  it('is delivered once when the retry overtakes the first, which is still being charged', async () => {
    const held = holdBack('answer')
    gacha.wallet.plan.push(held.incident)
    const rolling = roll('one')
    await held.reached
    const retried = await roll('one')
    held.release()
    expect([retried, await rolling]).toEqual([won, retried])
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
  })
})

describe('the seed of a roll', () => {
  it('is used once, however many rolls come at once, and each is bound to the one before', async () => {
    await warmUp(gacha.test)
    gacha.wallet.tux.set(ada, 100)
    const answers = await Promise.all(Array.from({ length: 10 }, () => roll()))
    expect(answers).toEqual(answers.map(() => won))
    const rows = await gacha.test.database.db
      .selectFrom('roll')
      .select(['seed', 'next_commitment'])
      .orderBy('sequence')
      .execute()
    const commitments = rows.map(({ seed }) => commitmentOf(seed ?? Buffer.of()).toString('hex'))
    expect(new Set(commitments).size).toBe(10)
    const promised = rows.map(({ next_commitment: next }) => next?.toString('hex'))
    expect(commitments.slice(1)).toEqual(promised.slice(0, -1))
  })

  it('is made once, however many ask for its commitment at once', async () => {
    await warmUp(gacha.test)
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(`${rolls}/commitment`)))
    expect(new Set(answers.map((answer) => fieldOf(answer, 'commitment'))).size).toBe(1)
  })

  it('§11 is not made while a close is under way, nor after it', async () => {
    const { db } = gacha.test.database
    const { asking } = await db.transaction().execute(async (tx) => {
      await markClosed(tx, ada, new Date())
      const asking = get(`${rolls}/commitment`)
      await untilWaiting(db, 1)
      return { asking }
    })
    expect(await asking).toEqual(refused(404, 'no-collection'))
    expect(await seeds()).toEqual([])
  })

  it('§11 makes a close wait while it is made, which takes it along', async () => {
    const { db } = gacha.test.database
    const { closing } = await db.transaction().execute(async (tx) => {
      await insertSeed(tx, ada, nextSeed())
      const closing = close()
      await untilWaiting(db, 1)
      return { closing }
    })
    expect((await closing).status).toBe(200)
    expect(await seeds()).toEqual([])
  })

  it('is never shown while it waits', async () => {
    const texts = [await roll(), await get(rolls), await get(`${rolls}/commitment`)].map((answer) =>
      JSON.stringify(answer),
    )
    for (const { seed } of await seeds()) expect(texts.join()).not.toContain(seed.toString('hex'))
  })
})

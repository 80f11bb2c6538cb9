import { type AccountId, newId, systemClock } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteGacha, listLots } from '../src/catalogue/catalogue-store.ts'
import { parseName } from '../src/catalogue/gacha.ts'
import { deleteCopies, markClosed } from '../src/collections/collection-store.ts'
import { deliver } from '../src/rolls/delivery.ts'
import { drawGacha } from '../src/rolls/draw.ts'
import type { RollId } from '../src/rolls/roll.ts'
import { insertRoll } from '../src/rolls/roll-store.ts'
import { recordCatalogue } from '../src/rolls/seed-store.ts'
import { commitmentOf, seededDice } from '../src/rolls/seeded-dice.ts'
import { untilWaiting } from './copy-parts.ts'
import { nextSeed, seedOf } from './seeds.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'

// Each of these failed without the lock it is about: see the comments in roll-store.ts.

let gacha: TestGacha
let ada: AccountId
let rollId: RollId

beforeEach(async () => {
  gacha = await startGacha()
  ada = await gacha.newPlayer(10)
  rollId = newId()
  const { db } = gacha.test.database
  await db.transaction().execute(async (tx) => {
    const lots = await listLots(tx)
    const seed = seedOf('Ubuntu', 'Debian')
    const { id: gachaId, name, rarity } = drawGacha(seededDice(seed, '', 1), lots)
    const draw = { gachaId, name, rarity, seed, clientSeed: '', attempt: 1, nextCommitment: commitmentOf(nextSeed()) }
    const catalogue = await recordCatalogue(tx, lots)
    await insertRoll(tx, { id: rollId, uid: ada, ...draw, catalogue }, new Date())
  })
})
afterEach(() => gacha.stop())

const parts = { clock: systemClock, randomSeed: nextSeed }
const deliverIt = () => gacha.test.database.db.transaction().execute((tx) => deliver(tx, rollId, parts))

describe('delivering', () => {
  it('gives one copy, however many deliver at once', async () => {
    const { db } = gacha.test.database
    await Promise.all(Array.from({ length: 8 }, () => db.selectFrom('gacha').select('id').execute()))
    const deliveries = await Promise.all(Array.from({ length: 8 }, deliverIt))
    expect(deliveries).toEqual(deliveries.map(() => ({ state: 'delivered', gacha: expect.anything() })))
    expect(await gacha.copiesOf(ada)).toEqual({ Ubuntu: 1 })
  })

  it('§13 waits for a removal under way, and gives another gacha then', async () => {
    const { db } = gacha.test.database
    let delivering: ReturnType<typeof deliverIt> | undefined
    await db.transaction().execute(async (tx) => {
      await deleteGacha(tx, parseName('Ubuntu'))
      delivering = deliverIt()
      await untilWaiting(db, 1)
    })
    expect(await delivering).toMatchObject({ state: 'delivered', gacha: { name: 'Debian' } })
    expect(await gacha.copiesOf(ada)).toEqual({ Debian: 1 })
  })

  it('§11 waits for a close under way, and leaves nothing in the collection', async () => {
    const { db } = gacha.test.database
    let delivering: ReturnType<typeof deliverIt> | undefined
    await db.transaction().execute(async (tx) => {
      await markClosed(tx, ada, new Date())
      await deleteCopies(tx, ada)
      delivering = deliverIt()
      await untilWaiting(db, 1)
    })
    expect(await delivering).toEqual({ state: 'forfeited' })
    expect(await gacha.copiesOf(ada)).toEqual({})
  })

  it('§11 makes a close wait, which takes the copy along', async () => {
    const { db } = gacha.test.database
    let closing: ReturnType<TestGacha['asIdentity']> | undefined
    await db.transaction().execute(async (tx) => {
      await deliver(tx, rollId, parts)
      closing = gacha.asIdentity('DELETE', `/internal/gacha/players/${ada}`)
      await untilWaiting(db, 1)
    })
    expect((await closing)?.status).toBe(200)
    expect(await gacha.copiesOf(ada)).toEqual({})
  })
})

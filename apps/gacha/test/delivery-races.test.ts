import { setTimeout as sleep } from 'node:timers/promises'
import { type AccountId, loadedDice, newId, systemClock } from '@sallyport/kernel'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { deleteGacha } from '../src/catalogue/catalogue-store.ts'
import { parseName } from '../src/catalogue/gacha.ts'
import { deleteCopies, markClosed } from '../src/collections/collection-store.ts'
import { deliver } from '../src/rolls/delivery.ts'
import type { RollId } from '../src/rolls/roll.ts'
import { insertRoll } from '../src/rolls/roll-store.ts'
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
  const { id: gachaId } = await db
    .selectFrom('gacha')
    .select('id')
    .where('name', '=', parseName('Ubuntu'))
    .executeTakeFirstOrThrow()
  await db.transaction().execute((tx) => insertRoll(tx, { id: rollId, uid: ada, gachaId }, new Date()))
})
afterEach(() => gacha.stop())

const parts = { clock: systemClock, dice: loadedDice(0) }
const deliverIt = () => gacha.test.database.db.transaction().execute((tx) => deliver(tx, rollId, parts))
/** Long enough for the other side to come to the lock, in milliseconds. */
const whileMs = 100

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
      await sleep(whileMs)
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
      await sleep(whileMs)
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
      await sleep(whileMs)
    })
    expect((await closing)?.status).toBe(200)
    expect(await gacha.copiesOf(ada)).toEqual({})
  })
})

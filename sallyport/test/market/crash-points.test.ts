import type { AccountId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRightMarket } from './balance-of-promises.ts'
import { actOn, type Answer, type Boundary, createDatabases, type Market, startMarket } from './world.ts'

const time = { aheadSeconds: 0 }
let databases: Awaited<ReturnType<typeof createDatabases>>
let market: Market
let boundary: Boundary = () => 'go on'
const actions = actOn(
  () => market,
  () => gachaName,
)
let gachaName = 'NixOS'

beforeAll(async () => {
  databases = await createDatabases()
  market = await startMarket(databases, time, (where) => boundary(where))
})
afterAll(async () => {
  await market.stop()
  await databases.drop()
})

/** Somebody is about to do something that takes several services. */
interface Scene {
  act(): Promise<Answer>
  /** What must be so afterwards, whether or not there was an answer. */
  check(answer: Answer | undefined): Promise<void>
}

interface Saga {
  readonly name: string
  prepare(): Promise<Scene>
}

const later = (): number => Math.floor(Date.now() / 1000) + 1000

function idIn(answer: Answer, field: string): string {
  expect(answer.status).toBe(201)
  return String(Reflect.get(Object(answer.body), field))
}

/** An auction at which `ada` leads with 10 of her 100 TUX, over `bob`. */
async function contested(): Promise<{ seller: AccountId; ada: AccountId; bob: AccountId; id: string }> {
  const [seller, ada, bob] = [await actions.join(0, 1), await actions.join(100, 0), await actions.join(100, 0)]
  const id = idIn(await actions.create(seller, later()), 'auction_id')
  expect((await actions.bid(bob, id, 5)).status).toBe(201)
  expect((await actions.bid(ada, id, 10)).status).toBe(201)
  return { seller, ada, bob, id }
}

async function field(id: string, name: string): Promise<unknown> {
  return Reflect.get(Object((await actions.inspect(id)).body), name)
}

const sagas: readonly Saga[] = [
  {
    name: 'creating an auction',
    async prepare() {
      const seller = await actions.join(0, 1)
      return {
        act: () => actions.create(seller, later()),
        async check(answer) {
          const left = await actions.copies(seller)
          if (answer?.status === 201) expect(left).toBe(0)
          // Nobody was told of it: the copy is up for auction or back, and if it is back it can be put up again.
          if (answer === undefined && left === 1) expect((await actions.create(seller, later())).status).toBe(201)
        },
      }
    },
  },
  {
    name: 'a first bid',
    async prepare() {
      const [seller, ada] = [await actions.join(0, 1), await actions.join(100, 0)]
      const id = idIn(await actions.create(seller, later()), 'auction_id')
      return {
        act: () => actions.bid(ada, id, 30, 'first'),
        async check(answer) {
          const again = await actions.bid(ada, id, 30, 'first')
          expect(again.status).toBe(201)
          if (answer) expect(again.body).toEqual(answer.body)
          expect(await actions.balance(ada)).toBe(70)
          expect(await field(id, 'current_winning_bid')).toBe(30)
        },
      }
    },
  },
  {
    name: 'a bid that outbids somebody',
    async prepare() {
      const { ada, bob, id } = await contested()
      return {
        act: () => actions.bid(bob, id, 40),
        async check(answer) {
          const highest = await field(id, 'current_winning_bid')
          if (answer) expect(highest).toBe(40)
          expect([highest, await actions.balance(ada), await actions.balance(bob)]).toBeOneOf([
            [10, 90, 100],
            [40, 100, 60],
          ])
        },
      }
    },
  },
  {
    name: 'closing with a leader',
    async prepare() {
      const { seller, ada, bob, id } = await contested()
      return {
        act: () => actions.close(id),
        async check() {
          // The decision was written down before anything else, so it is carried out whatever happened.
          if ((await field(id, 'active')) === true) expect((await actions.close(id)).status).toBe(200)
          expect(await field(id, 'active')).toBe(false)
          expect([await actions.balance(seller), await actions.balance(ada), await actions.balance(bob)]).toEqual([
            10, 90, 100,
          ])
          expect([await actions.copies(seller), await actions.copies(ada)]).toEqual([0, 1])
        },
      }
    },
  },
  {
    name: 'closing without a bid',
    async prepare() {
      const seller = await actions.join(0, 1)
      const id = idIn(await actions.create(seller, later()), 'auction_id')
      return {
        act: () => actions.close(id),
        async check() {
          expect(await field(id, 'active')).toBe(false)
          expect(await actions.copies(seller)).toBe(1)
        },
      }
    },
  },
  {
    name: 'closing when the leader is gone',
    async prepare() {
      const { seller, ada, bob, id } = await contested()
      await actions.leave(ada)
      return {
        act: () => actions.close(id),
        async check() {
          expect(await field(id, 'active')).toBe(false)
          expect([await actions.balance(seller), await actions.balance(bob)]).toEqual([0, 100])
          expect(await actions.copies(seller)).toBe(1)
        },
      }
    },
  },
  {
    name: 'closing when the seller is gone',
    async prepare() {
      const { seller, ada, id } = await contested()
      await actions.leave(seller)
      return {
        act: () => actions.close(id),
        async check() {
          expect(await field(id, 'active')).toBe(false)
          expect([await actions.balance(ada), await actions.copies(ada)]).toEqual([100, 0])
        },
      }
    },
  },
  {
    name: 'closing when the gacha is gone',
    async prepare() {
      gachaName = `Gone_${'abcdefghijklmnopqrst'[gonesMade++ % 20]}${'abcdefghijklmnopqrst'[Math.floor(gonesMade / 20)]}`
      await actions.addGacha()
      const { seller, ada, id } = await contested()
      await actions.removeGacha()
      gachaName = 'NixOS'
      return {
        act: () => actions.close(id),
        async check() {
          expect(await field(id, 'active')).toBe(false)
          expect([await actions.balance(seller), await actions.balance(ada)]).toEqual([0, 100])
          expect([await actions.copies(seller), await actions.copies(ada)]).toEqual([0, 0])
        },
      }
    },
  },
  {
    name: 'withdrawing an auction',
    async prepare() {
      const { seller, ada, id } = await contested()
      return {
        act: () => actions.withdraw(seller, id),
        async check() {
          expect((await actions.inspect(id)).status).toBe(404)
          expect([await actions.balance(ada), await actions.copies(seller)]).toEqual([100, 1])
        },
      }
    },
  },
  {
    name: 'a roll',
    async prepare() {
      const ada = await actions.join(10, 0)
      return {
        act: () => actions.roll(ada),
        async check(answer) {
          const outcome = [await actions.balance(ada), await actions.copies(ada)]
          if (answer?.status === 200) expect(outcome).toEqual([0, 1])
          else
            expect(outcome).toBeOneOf([
              [0, 1],
              [10, 0],
            ])
        },
      }
    },
  },
]
let gonesMade = 0

/** Lets the process die at the boundary with this number; returns the answer, if there was one. */
async function dieAt(scene: Scene, number: number): Promise<{ answer: Answer | undefined; reached: boolean }> {
  let passed = 0
  let reached = false
  boundary = () => {
    passed += 1
    if (passed - 1 !== number) return 'go on'
    reached = true
    return 'die'
  }
  const answer = await Promise.race([scene.act(), market.died.then(() => undefined)])
  boundary = () => 'go on'
  return { answer, reached }
}

describe.each(sagas)('§5 kill -9 during $name', (saga) => {
  it('loses nothing at any step', { timeout: 120_000 }, async () => {
    for (let number = 0; ; number += 1) {
      const scene = await saga.prepare()
      const { answer, reached } = await dieAt(scene, number)
      if (!reached) {
        expect(number, 'a saga has steps').toBeGreaterThan(1)
        await scene.check(answer)
        await expectRightMarket(databases)
        return
      }
      await market.stop()
      market = await startMarket(databases, time, (where) => boundary(where))
      await scene.check(answer)
      await expectRightMarket(databases)
    }
  })
})

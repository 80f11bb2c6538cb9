import type { AccountId } from '@sallyport/kernel'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectRightMarket } from './balance-of-promises.ts'
import { actOn, createDatabases, type Market, startMarket } from './world.ts'

/** `SALLYPORT_PROPERTY_RUNS=500` looks longer; a failure prints the seed that repeats it. */
const numRuns = Number(process.env['SALLYPORT_PROPERTY_RUNS'] ?? 25)
const gacha = 'NixOS'
const rollPrice = 10

const time = { aheadSeconds: 0 }
let databases: Awaited<ReturnType<typeof createDatabases>>
let market: Market
const actions = actOn(
  () => market,
  () => gacha,
)

beforeAll(async () => {
  databases = await createDatabases()
  market = await startMarket(databases, time, () => 'go on')
})
afterAll(async () => {
  await market.stop()
  await databases.drop()
})

/** What the rules of the market say there is. */
interface Person {
  readonly uid: AccountId
  gone: boolean
  /** Free to spend. */
  tux: number
  bought: number
  /** Of the gacha that is put up for auction, and of all others. */
  copies: number
  others: number
}

interface Lot {
  readonly id: string
  readonly seller: Person
  readonly endTime: number
  state: 'open' | 'closed' | 'withdrawn'
  leader: Person | undefined
  highest: number
}

class Model {
  readonly people: Person[] = []
  readonly lots: Lot[] = []
  keys = 0

  person(index: number): Person | undefined {
    return this.people.length === 0 ? undefined : this.people[index % this.people.length]
  }
  lot(index: number): Lot | undefined {
    return this.lots.length === 0 ? undefined : this.lots[index % this.lots.length]
  }
  /** What the end of an auction brings (market §9, §11). */
  close(lot: Lot): void {
    lot.state = 'closed'
    const { leader, seller, highest } = lot
    if (!leader || leader.gone) {
      if (!seller.gone) seller.copies += 1
    } else if (seller.gone) leader.tux += highest
    else {
      seller.tux += highest
      leader.copies += 1
    }
  }
}

type Real = undefined
type Command = fc.AsyncCommand<Model, Real>

/** A command on some person. */
function onPerson(name: string, index: number, run: (person: Person, model: Model) => Promise<void>): Command {
  return {
    check: (model) => model.people.length > 0,
    async run(model) {
      const person = model.person(index)
      if (person) await run(person, model)
    },
    toString: () => `${name}(${index})`,
  }
}

/** A command of some person about some auction. */
function onLot(
  name: string,
  [who, what]: readonly [number, number],
  run: (person: Person, lot: Lot, model: Model) => Promise<void>,
): Command {
  return {
    check: (model) => model.people.length > 0 && model.lots.length > 0,
    async run(model) {
      const [person, lot] = [model.person(who), model.lot(what)]
      if (person && lot) await run(person, lot, model)
    },
    toString: () => `${name}(${who}, ${what})`,
  }
}

const nowSeconds = (): number => Math.floor(Date.now() / 1000) + time.aheadSeconds

const join: Command = {
  check: (model) => model.people.length < 5,
  async run(model) {
    const uid = await actions.join(100, 1)
    model.people.push({ uid, gone: false, tux: 100, bought: 100, copies: 1, others: 0 })
  },
  toString: () => 'join',
}

const buy = (index: number, amount: number): Command =>
  onPerson(`buy ${amount}`, index, async (person) => {
    const { status } = await actions.buy(person.uid, amount)
    const possible = !person.gone && person.bought + amount <= 1200
    expect(status).toBe(possible ? 200 : person.gone ? 404 : 402)
    if (!possible) return
    person.tux += amount
    person.bought += amount
  })

const roll = (index: number): Command =>
  onPerson('roll', index, async (person) => {
    const { status, body } = await actions.roll(person.uid)
    const possible = !person.gone && person.tux >= rollPrice
    expect(status).toBe(possible ? 200 : 400)
    if (!possible) return
    person.tux -= rollPrice
    if (Reflect.get(Object(body), 'name') === gacha) person.copies += 1
    else person.others += 1
  })

const create = (index: number): Command =>
  onPerson('create', index, async (person, model) => {
    const endTime = nowSeconds() + 1000
    const { status, body } = await actions.create(person.uid, endTime)
    const possible = !person.gone && person.copies > 0
    expect(status).toBe(possible ? 201 : 400)
    if (!possible) return
    person.copies -= 1
    const id = String(Reflect.get(Object(body), 'auction_id'))
    model.lots.push({ id, seller: person, endTime, state: 'open', leader: undefined, highest: 0 })
  })

/** With `twice`, the same request is made twice at once and once more afterwards. */
const bid = (place: readonly [number, number], raise: number, twice: boolean): Command =>
  onLot(`bid +${raise}${twice ? ' twice' : ''}`, place, async (person, lot, model) => {
    const tux = lot.highest + raise
    const own = lot.leader === person ? lot.highest : 0
    const possible =
      lot.state === 'open' && person !== lot.seller && raise > 0 && !person.gone && person.tux + own >= tux
    model.keys += 1
    const key = twice ? `key-${model.keys}` : undefined
    const answers = await Promise.all(
      Array.from({ length: twice ? 2 : 1 }, () => actions.bid(person.uid, lot.id, tux, key)),
    )
    if (twice) answers.push(await actions.bid(person.uid, lot.id, tux, key))
    for (const { status } of answers)
      // While the first is being decided, the second is told to come back.
      expect(status).toBeOneOf(possible ? [201, 503] : [400, 402, 404, 409, 422, 503])
    expect(answers.at(-1)?.status === 201).toBe(possible)
    if (!possible) return
    if (lot.leader && !lot.leader.gone) lot.leader.tux += lot.highest
    person.tux -= tux
    lot.leader = person
    lot.highest = tux
  })

const close = (place: readonly [number, number]): Command =>
  onLot('close', place, async (_person, lot, model) => {
    const { status } = await actions.close(lot.id)
    expect(status).toBe(lot.state === 'open' ? 200 : 404)
    if (lot.state === 'open') model.close(lot)
  })

const withdraw = (place: readonly [number, number]): Command =>
  onLot('withdraw', place, async (_person, lot) => {
    const { status } = await actions.withdraw(lot.seller.uid, lot.id)
    expect(status).toBe(lot.state === 'open' ? 200 : 400)
    if (lot.state !== 'open') return
    lot.state = 'withdrawn'
    if (lot.leader && !lot.leader.gone) lot.leader.tux += lot.highest
    if (!lot.seller.gone) lot.seller.copies += 1
  })

const leave = (index: number): Command =>
  onPerson('leave', index, async (person) => {
    // Again is as good as once.
    await actions.leave(person.uid)
    person.gone = true
  })

const expire: Command = {
  check: (model) => model.lots.some(({ state }) => state === 'open'),
  async run(model) {
    time.aheadSeconds += 2000
    for (const lot of model.lots.filter(({ state }) => state === 'open')) {
      await expect
        .poll(async () => Reflect.get(Object((await actions.inspect(lot.id)).body), 'active'), { interval: 5 })
        .toBe(false)
      model.close(lot)
      const late = await actions.bid(lot.seller.uid, lot.id, lot.highest + 1)
      expect(late.status).toBe(404)
    }
  },
  toString: () => 'expire',
}

/** The market is what the model says. */
async function compare({ people, lots }: Model): Promise<void> {
  for (const person of people.filter(({ gone }) => !gone)) {
    expect(await actions.balance(person.uid)).toBe(person.tux)
    expect(await actions.copies(person.uid)).toBe(person.copies + person.others)
  }
  for (const lot of lots) {
    const { status, body } = await actions.inspect(lot.id)
    expect(status).toBe(lot.state === 'withdrawn' ? 404 : 200)
    if (lot.state === 'withdrawn') continue
    expect(body).toMatchObject({
      active: lot.state === 'open',
      current_winning_bid: lot.highest,
      current_winning_player_id: lot.leader?.uid ?? null,
    })
  }
  await expectRightMarket(databases)
}

describe('the market as a whole (design §5)', () => {
  it('§7 §9 §11 keeps every TUX and every copy, whatever people do', { timeout: 600_000 }, async () => {
    const index = fc.nat(9)
    const place = fc.tuple(index, index)
    const commands = fc.commands(
      [
        fc.constant(join),
        fc.tuple(index, fc.nat(700)).map(([who, amount]) => buy(who, amount)),
        index.map(roll),
        index.map(create),
        fc
          .tuple(place, fc.integer({ min: -1, max: 60 }), fc.boolean())
          .map(([at, raise, twice]) => bid(at, raise, twice)),
        fc
          .tuple(place, fc.integer({ min: 1, max: 20 }), fc.boolean())
          .map(([at, raise, twice]) => bid(at, raise, twice)),
        place.map(close),
        place.map(withdraw),
        index.map(leave),
        fc.constant(expire),
      ],
      { maxCommands: 40, size: 'max' },
    )
    await fc.assert(
      fc.asyncProperty(commands, async (given) => {
        const model = new Model()
        // Where something can happen at once: three people, two auctions, and somebody leads in each.
        for (const first of [join, join, join, create(0), create(1), bid([1, 0], 5, false), bid([2, 1], 5, true)])
          await first.run(model, undefined)
        await fc.asyncModelRun(() => ({ model, real: undefined }), given)
        await compare(model)
      }),
      { numRuns },
    )
  })
})

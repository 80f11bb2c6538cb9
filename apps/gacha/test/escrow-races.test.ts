import { type AccountId, newId } from '@sallyport/kernel'
import type { Transaction } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deleteGacha } from '../src/catalogue/catalogue-store.ts'
import { type GachaName, parseName } from '../src/catalogue/gacha.ts'
import { deleteCopies, markClosed } from '../src/collections/collection-store.ts'
import type { AuctionId } from '../src/escrow/escrow.ts'
import { endEscrows, insertTombstones, lockEnds, takeCopy } from '../src/escrow/escrow-store.ts'
import type { GachaDatabase } from '../src/index.ts'
import { verifyCopies } from '../src/audit/index.ts'
import { type CopyParts, createCopyParts, outcomeOf, untilWaiting, warmUp } from './copy-parts.ts'

// Each of these failed without the lock it is about: see the comments in escrow-store.ts.

let parts: CopyParts
let ada: AccountId
let bob: AccountId
let name: GachaName

beforeAll(async () => {
  parts = await createCopyParts()
})
beforeEach(async () => {
  await warmUp(parts.test)
  ;[ada, bob] = [await parts.newPlayer(), await parts.newPlayer()]
  name = parseName(await parts.newGacha())
})
afterEach(async () => expect(await verifyCopies(parts.db)).toEqual([]))
afterAll(() => parts.test.drop())

const rounds = 10

const give = async (uid: AccountId, copies: number): Promise<void> => {
  for (let copy = 0; copy < copies; copy++) await parts.collections.give(uid, name)
}
const copiesOf = async (uid: AccountId): Promise<number> => {
  const held = await outcomeOf(parts.collections.find(uid, name).then(({ copies }) => copies))
  return Number(held === 'NotCollected' || held === 'NoCollection' ? 0 : held)
}
const take = (auctionId: string, uid: AccountId) => outcomeOf(parts.escrows.take(auctionId, uid, name))
const settle = async (auctionId: string, to: string | null) =>
  (await parts.escrows.settle([{ auctionId, to }])).join(' ')

/** An auction of a copy of Ada's. */
async function newAuction(): Promise<AuctionId> {
  const id = newId<AuctionId>()
  await give(ada, 1)
  expect(await take(id, ada)).toBe('done')
  return id
}

/** Does the one thing, and the other while the transaction of the first is still open; the other has to wait. */
async function whileUnderWay<T>(
  first: (tx: Transaction<GachaDatabase>) => Promise<unknown>,
  other: () => Promise<T>,
  rest: (tx: Transaction<GachaDatabase>) => Promise<unknown> = async () => undefined,
): Promise<T> {
  const waiting = await parts.db.transaction().execute(async (tx) => {
    await first(tx)
    const doing = other()
    await untilWaiting(parts.db, 1)
    await rest(tx)
    // In an object, or the transaction would wait for what waits for it.
    return { doing }
  })
  return waiting.doing
}

describe('taking copies that others want too', () => {
  it('§9 gives the last copy to one of ten auctions', async () => {
    for (let round = 0; round < rounds; round++) {
      await give(ada, 1)
      const ids = Array.from({ length: 10 }, () => newId<AuctionId>())
      const outcomes = await Promise.all(ids.map((id) => take(id, ada)))
      expect(outcomes.toSorted()).toEqual([...Array.from({ length: 9 }, () => 'NotCollected'), 'done'])
      expect((await parts.escrows.lookUp(ids)).filter((status) => status === 'kept')).toHaveLength(1)
    }
  })

  it('takes one copy for one auction that asks ten times at once', async () => {
    for (let round = 0; round < rounds; round++) {
      const uid = await parts.newPlayer()
      await give(uid, 3)
      const id = newId()
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => take(id, uid)))
      expect(new Set(outcomes)).toEqual(new Set(['done']))
      expect(await copiesOf(uid)).toBe(2)
    }
  })

  it('§13 waits for a removal under way, and keeps nothing then', async () => {
    await give(ada, 1)
    const id = newId()
    const outcome = await whileUnderWay(
      (tx) => deleteGacha(tx, name),
      () => take(id, ada),
    )
    expect(outcome).toBe('UnknownGacha')
    expect(await parts.escrows.lookUp([id])).toEqual(['gone'])
  })

  it('§13 makes a removal wait that comes in the midst of it, which takes the escrow along', async () => {
    await give(ada, 1)
    const id = newId<AuctionId>()
    const settling = await parts.db.startTransaction().execute()
    await insertTombstones(settling, [id], new Date())
    const taking = take(id, ada)
    await untilWaiting(parts.db, 1)
    const removing = outcomeOf(parts.catalogue.remove(name))
    await untilWaiting(parts.db, 2)
    await settling.rollback().execute()
    expect([await taking, await removing]).toEqual(['done', 'done'])
    expect(await parts.escrows.lookUp([id])).toEqual(['gone'])
  })

  it('§11 waits for a close under way, and keeps nothing then', async () => {
    await give(ada, 1)
    const outcome = await whileUnderWay(
      async (tx) => {
        await markClosed(tx, ada, new Date())
        await deleteCopies(tx, ada)
      },
      () => take(newId(), ada),
    )
    expect(outcome).toBe('NoCollection')
  })

  it('makes a settlement wait, which gives the copy then', async () => {
    await give(ada, 1)
    const auctionId = newId<AuctionId>()
    const outcome = await whileUnderWay(
      (tx) => takeCopy(tx, { auctionId, uid: ada, name }, new Date()),
      () => settle(auctionId, bob),
    )
    expect(outcome).toBe('given')
    expect(await copiesOf(bob)).toBe(1)
  })

  it('comes before its settlement or after it, and then takes nothing', async () => {
    for (let round = 0; round < rounds; round++) {
      const [uid, other, id] = [await parts.newPlayer(), await parts.newPlayer(), newId()]
      await give(uid, 1)
      const [taken, settled] = await Promise.all([take(id, uid), settle(id, other)])
      expect(['done given 0 1', 'EscrowConflict discarded 1 0']).toContain(
        [taken, settled, await copiesOf(uid), await copiesOf(other)].join(' '),
      )
    }
  })
})

describe('settling what others settle, close or remove', () => {
  it('gives a copy once, and says the same to everybody', async () => {
    for (let round = 0; round < rounds; round++) {
      const [id, players] = [await newAuction(), [await parts.newPlayer(), await parts.newPlayer()] as const]
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, index) => settle(id, players[index % 2] ?? null)),
      )
      expect(outcomes).toEqual(outcomes.map(() => 'given'))
      expect((await copiesOf(players[0])) + (await copiesOf(players[1]))).toBe(1)
    }
  })

  it('§11 waits for a close under way, and discards the copy then', async () => {
    const id = await newAuction()
    const outcome = await whileUnderWay(
      async (tx) => {
        await markClosed(tx, bob, new Date())
        await deleteCopies(tx, bob)
      },
      () => settle(id, bob),
    )
    expect(outcome).toBe('discarded')
  })

  it('§11 makes a close wait, which takes the copy along', async () => {
    const settlements = [{ auctionId: await newAuction(), to: bob }]
    await whileUnderWay(
      (tx) => lockEnds(tx, settlements),
      () => parts.collections.close(bob),
      (tx) => endEscrows(tx, settlements, new Date()),
    )
    expect(await parts.escrows.lookUp(settlements.map(({ auctionId }) => auctionId))).toEqual(['ended'])
  })

  it('§13 waits for a removal under way, and discards the copy then', async () => {
    const id = await newAuction()
    const outcome = await whileUnderWay(
      (tx) => deleteGacha(tx, name),
      () => settle(id, bob),
    )
    expect(outcome).toBe('discarded')
  })

  it('§13 makes a removal wait, which takes the copy along', async () => {
    const settlements = [{ auctionId: await newAuction(), to: bob }]
    await whileUnderWay(
      (tx) => lockEnds(tx, settlements),
      () => parts.catalogue.remove(name),
      (tx) => endEscrows(tx, settlements, new Date()),
    )
    expect(await settle(settlements[0]?.auctionId ?? '', null)).toBe('given')
    expect(await copiesOf(bob)).toBe(0)
  })

  /** Auctions of copies of Ada's, whose winners are to have several of each gacha. */
  async function newSettlements(count: number, players: readonly AccountId[], names: readonly string[]) {
    return Promise.all(
      Array.from({ length: count }, async (_, index) => {
        const [auctionId, gachaName] = [newId(), names[index % names.length] ?? '']
        await parts.collections.give(ada, gachaName)
        await parts.escrows.take(auctionId, ada, gachaName)
        return { auctionId, to: players[index % players.length] ?? null }
      }),
    )
  }

  it('settles the same auctions, known and unknown, in any order without waiting for one another all round', async () => {
    const players = await Promise.all(Array.from({ length: 4 }, () => parts.newPlayer()))
    const names = [name, await parts.newGacha(), await parts.newGacha()]
    for (let round = 0; round < rounds; round++) {
      const unknown = Array.from({ length: 40 }, () => ({ auctionId: newId(), to: ada }))
      const all = [...unknown, ...(await newSettlements(40, players, names))]
      const orders = [all, all.toReversed(), all.slice(20), all.slice(0, 60).toReversed()]
      await Promise.all([...orders, ...orders].map((order) => parts.escrows.settle(order)))
    }
    const collections = await Promise.all(players.map((uid) => parts.collections.read(uid)))
    expect(collections.flat().reduce((sum, { copies }) => sum + copies, 0)).toBe(40 * rounds)
  })

  it('settles different auctions of the same players without waiting for one another all round', async () => {
    const players = await Promise.all(Array.from({ length: 7 }, () => parts.newPlayer()))
    const names = [name, await parts.newGacha(), await parts.newGacha()]
    for (let round = 0; round < rounds; round++) {
      const all = await newSettlements(168, players, names)
      const batches = Array.from({ length: 8 }, (_, index) => all.slice(index * 21, index * 21 + 21))
      await Promise.all(batches.map((batch) => parts.escrows.settle(batch)))
    }
    const collections = await Promise.all(players.map((uid) => parts.collections.read(uid)))
    expect(collections.flat().map(({ copies }) => copies)).toEqual(Array.from({ length: 21 }, () => 8 * rounds))
  })
})

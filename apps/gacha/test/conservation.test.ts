import { type AccountId, newId } from '@sallyport/kernel'
import * as fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifyCopies } from '../src/audit/index.ts'
import { type CopyParts, createCopyParts, newName, outcomeOf, warmUp } from './copy-parts.ts'

/** Collections, catalogue and escrows as one would keep them on paper. */
interface Paper {
  readonly catalogue: Set<string>
  readonly collections: Map<AccountId, 'closed' | Map<string, number>>
  readonly escrows: Map<string, PaperEscrow>
}

interface PaperEscrow {
  /** Undefined when it was settled before it was taken. */
  readonly taken?: string
  /** What is kept, as long as it is. */
  kept?: string | undefined
  outcome?: 'given' | 'discarded'
}

type Parts = Pick<CopyParts, 'catalogue' | 'collections' | 'escrows'>

type Act = (parts: Parts) => Promise<string | readonly string[] | void>

/** Something that happens: to the copies, and on paper. */
class Event implements fc.AsyncCommand<Paper, Parts> {
  readonly name: string
  readonly act: Act
  /** Says what must come of it. */
  readonly note: (paper: Paper) => string

  constructor(name: string, act: Act, note: (paper: Paper) => string) {
    this.name = name
    this.act = act
    this.note = note
  }
  check(): boolean {
    return true
  }
  async run(paper: Paper, parts: Parts): Promise<void> {
    expect(await outcomeOf(this.act(parts))).toBe(this.note(paper))
  }
  toString(): string {
    return this.name
  }
}

function open(uid: AccountId): Event {
  return new Event(
    `open ${uid}`,
    ({ collections }) => collections.open(uid),
    ({ collections }) => {
      const collection = collections.get(uid) ?? new Map<string, number>()
      collections.set(uid, collection)
      return collection === 'closed' ? 'closed' : 'open'
    },
  )
}

function close(uid: AccountId): Event {
  return new Event(
    `close ${uid}`,
    ({ collections }) => collections.close(uid),
    ({ collections }) => {
      collections.set(uid, 'closed')
      return 'done'
    },
  )
}

function add(name: string): Event {
  return new Event(
    `add ${name}`,
    ({ catalogue }) => catalogue.add({ name, rarity: '1', image: '' }).then(() => undefined),
    ({ catalogue }) => {
      if (catalogue.has(name)) return 'NameTaken'
      catalogue.add(name)
      return 'done'
    },
  )
}

function remove(name: string): Event {
  return new Event(
    `remove ${name}`,
    ({ catalogue }) => catalogue.remove(name),
    ({ catalogue, collections, escrows }) => {
      if (!catalogue.delete(name)) return 'UnknownGacha'
      for (const collection of collections.values()) if (collection !== 'closed') collection.delete(name)
      for (const escrow of escrows.values()) if (escrow.kept === name) escrow.kept = undefined
      return 'done'
    },
  )
}

function give(uid: AccountId, name: string): Event {
  return new Event(
    `give ${uid} ${name}`,
    ({ collections }) => collections.give(uid, name).then(() => undefined),
    ({ catalogue, collections }) => {
      if (!catalogue.has(name)) return 'UnknownGacha'
      const collection = collections.get(uid) ?? 'closed'
      if (collection === 'closed') return 'NoCollection'
      collection.set(name, (collection.get(name) ?? 0) + 1)
      return 'done'
    },
  )
}

function take(uid: AccountId, name: string): Event {
  return new Event(
    `take ${uid} ${name}`,
    ({ collections }) => collections.take(uid, name),
    (paper) => withdraw(paper, uid, name),
  )
}

function withdraw({ catalogue, collections }: Paper, uid: AccountId, name: string): string {
  if (!catalogue.has(name)) return 'UnknownGacha'
  const collection = collections.get(uid) ?? 'closed'
  if (collection === 'closed') return 'NoCollection'
  const copies = collection.get(name)
  if (copies === undefined) return 'NotCollected'
  if (copies > 1) collection.set(name, copies - 1)
  else collection.delete(name)
  return 'done'
}

function escrow(auctionId: string, uid: AccountId, name: string): Event {
  const taken = `${uid} ${name}`
  return new Event(
    `escrow ${auctionId} ${taken}`,
    ({ escrows }) => escrows.take(auctionId, uid, name),
    (paper) => {
      const earlier = paper.escrows.get(auctionId)
      if (earlier) return earlier.taken === taken ? 'done' : 'EscrowConflict'
      const outcome = withdraw(paper, uid, name)
      if (outcome === 'done') paper.escrows.set(auctionId, { taken, kept: name })
      return outcome
    },
  )
}

type Ends = readonly { readonly auctionId: string; readonly to: AccountId | null }[]

function settle(ends: Ends): Event {
  return new Event(
    `settle ${ends.map(({ auctionId, to }) => `${auctionId} to ${to}`).join()}`,
    ({ escrows }) => escrows.settle(ends),
    (paper) => ends.map((end) => settleOne(paper, end)).join(),
  )
}

function settleOne({ collections, escrows }: Paper, { auctionId, to }: Ends[number]): string {
  const escrow: PaperEscrow = escrows.get(auctionId) ?? { outcome: 'discarded' }
  escrows.set(auctionId, escrow)
  if (escrow.outcome) return escrow.outcome
  const collection = (to === null ? undefined : collections.get(to)) ?? 'closed'
  const { kept } = escrow
  escrow.kept = undefined
  escrow.outcome = kept === undefined || collection === 'closed' ? 'discarded' : 'given'
  if (kept !== undefined && collection !== 'closed') collection.set(kept, (collection.get(kept) ?? 0) + 1)
  return escrow.outcome
}

function lookUp(ids: readonly string[]): Event {
  return new Event(
    `look up ${ids.join()}`,
    ({ escrows }) => escrows.lookUp(ids),
    ({ escrows }) =>
      ids
        .map((id) => {
          const { outcome, kept } = escrows.get(id) ?? {}
          if (outcome) return 'ended'
          return kept === undefined ? 'gone' : 'kept'
        })
        .join(),
  )
}

interface World {
  /** What moves copies and destroys none but where it is said. */
  readonly moves: readonly fc.Arbitrary<Event>[]
  /** What destroys copies with what they are in or of. */
  readonly ends: readonly fc.Arbitrary<Event>[]
  readonly players: readonly AccountId[]
  readonly auctions: readonly string[]
  readonly names: readonly string[]
}

/** Few of everything, so that duplicates, conflicts and what comes late are the rule. New ones in each run. */
function worlds(): fc.Arbitrary<World> {
  return fc.constant(undefined).map(() => {
    const players = Array.from({ length: 3 }, () => newId<AccountId>())
    const names = Array.from({ length: 3 }, newName)
    const auctions = Array.from({ length: 8 }, () => newId())
    const [uid, name, auctionId] = [
      fc.constantFrom(...players),
      fc.constantFrom(...names),
      fc.constantFrom(...auctions),
    ]
    const gift = fc.tuple(uid, name).map((given) => give(...given))
    const escrows = fc.tuple(auctionId, uid, name).map((given) => escrow(...given))
    const to = fc.option(uid, { freq: 4 })
    const settlements = fc.array(fc.record({ auctionId, to }), { minLength: 1, maxLength: 6 }).map(settle)
    const moves = [
      uid.map(open),
      name.map(add),
      gift,
      gift,
      fc.tuple(uid, name).map((given) => take(...given)),
      escrows,
      escrows,
      settlements,
      settlements,
      fc.array(auctionId, { minLength: 1, maxLength: 4 }).map(lookUp),
    ]
    return { moves, ends: [name.map(remove), uid.map(close)], players, auctions, names }
  })
}

let parts: CopyParts
beforeAll(async () => {
  parts = await createCopyParts()
  await warmUp(parts.test)
})
afterAll(() => parts.test.drop())

async function begin({ players, names }: World, paper: Paper): Promise<void> {
  for (const event of [...players.slice(0, 2).map(open), ...names.map(add)]) await event.run(paper, parts)
}
const blank = (): Paper => ({ catalogue: new Set(), collections: new Map(), escrows: new Map() })

/** How many copies there are of the gachas of a world, in collections and kept, and how many were discarded. */
async function countCopies({ names }: World): Promise<{ readonly there: number; readonly discarded: number }> {
  const { rows } = await sql<{ there: number; discarded: number }>`
    select
      (select coalesce(sum(copies), 0)::int from copy join gacha on gacha.id = gacha_id where name = any(${names}))
        + (select count(*)::int from escrow where state = 'kept' and gacha_name = any(${names})) as there,
      (select count(*)::int from escrow where state = 'discarded' and gacha_name = any(${names})) as discarded`.execute(
    parts.db,
  )
  return rows[0] ?? { there: 0, discarded: 0 }
}

it('§9 moves copies as one would on paper, whatever happens', async () => {
  const stories = worlds().chain((world) =>
    fc
      .commands<Paper, Parts, false>([...world.moves, ...world.ends], { maxCommands: 60, size: 'max' })
      .map((events) => ({ world, events })),
  )
  await fc.assert(
    fc.asyncProperty(stories, async ({ world, events }) => {
      const paper = blank()
      await begin(world, paper)
      await fc.asyncModelRun(() => ({ model: paper, real: parts }), events)
      for (const [uid, collection] of paper.collections) {
        if (collection === 'closed') continue
        const held = (await parts.collections.read(uid)).map(({ name, copies }) => [name, copies] as const)
        expect(new Map<string, number>(held)).toEqual(collection)
      }
      expect(await verifyCopies(parts.db)).toEqual([])
    }),
    { numRuns: 60 },
  )
}, 120_000)

it('§9 neither loses nor makes a copy when everything happens at once', async () => {
  const crowds = worlds().chain((world) =>
    fc
      .array(fc.oneof(...world.moves), { minLength: 20, maxLength: 60, size: 'max' })
      .map((events) => ({ world, events })),
  )
  await fc.assert(
    fc.asyncProperty(crowds, async ({ world, events }) => {
      await begin(world, blank())
      const outcomes = await Promise.all(
        events.map(async (event) => ({ event, outcome: await outcomeOf(event.act(parts)) })),
      )
      const done = (what: string): number =>
        outcomes.filter(({ event, outcome }) => event.name.startsWith(`${what} `) && outcome === 'done').length
      const { there, discarded } = await countCopies(world)
      expect(there).toBe(done('give') - done('take') - discarded)
      expect(await verifyCopies(parts.db)).toEqual([])
    }),
    { numRuns: 40 },
  )
}, 120_000)

it('§11 §13 ends what is closed and removed meanwhile, and nobody waits for one another', async () => {
  const crowds = worlds().chain((world) =>
    fc
      .array(fc.oneof(...world.moves, ...world.ends), { minLength: 20, maxLength: 60, size: 'max' })
      .map((events) => ({ world, events })),
  )
  await fc.assert(
    fc.asyncProperty(crowds, async ({ world, events }) => {
      await begin(world, blank())
      await Promise.all(events.map(({ act }) => outcomeOf(act(parts))))
      expect(await verifyCopies(parts.db)).toEqual([])
    }),
    { numRuns: 60 },
  )
}, 120_000)

import { gacha, marketRefusal, type Reply } from '@sallyport/contracts'
import type { Rejection } from '@sallyport/kernel'
import { handle, type HandledRoute, ok, type Words } from '@sallyport/service'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { type Gacha, InvalidName, InvalidRarity, NameTaken, UnknownGacha } from '../catalogue/gacha.ts'
import { type Collected, NoCollection, NotCollected } from '../collections/collection.ts'
import type { Collections } from '../collections/collections.ts'
import { EmptyCatalogue, PaymentRefused } from '../rolls/roll.ts'
import type { Rolls } from '../rolls/rolls.ts'

export interface MarketParts {
  readonly catalogue: Catalogue
  readonly collections: Collections
  readonly rolls: Rolls
}

/** Catalogue, collections and rolls in the words of the gacha market (market §5). */
export function marketRoutes(parts: MarketParts): HandledRoute[] {
  return [...playerRoutes(parts), ...administratorRoutes(parts)]
}

// A player's uid is the caller's own, as the contract's access says.
function playerRoutes({ catalogue, collections, rolls }: MarketParts): HandledRoute[] {
  return [
    handle(gacha.browseCatalogue, async () => ok(await catalogue.browse())),

    handle(
      gacha.inspectGacha,
      async ({ params }) => {
        const found = await catalogue.find(params.name)
        if (!found) throw new UnknownGacha()
        return ok(toMarket(found))
      },
      playerWords,
    ),

    handle(
      gacha.readCollection,
      async ({ caller }) => ok((await collections.read(caller.accountId)).map(toEntry)),
      playerWords,
    ),

    handle(
      gacha.readCollected,
      async ({ caller, params }) => {
        const collected = await collections.find(caller.accountId, params.name)
        return ok({ ...toEntry(collected), rarity: String(collected.rarity) })
      },
      playerWords,
    ),

    handle(gacha.roll, async ({ caller }) => ok(await rolls.roll(caller.accountId)), playerWords),
  ]
}

function administratorRoutes({ catalogue, collections }: MarketParts): HandledRoute[] {
  return [
    handle(gacha.listGachas, async () => ok((await catalogue.list()).map(toMarket))),

    handle(gacha.findGacha, async ({ params }) => {
      const found = await catalogue.find(params.name)
      return ok(found ? toMarket(found) : null)
    }),

    handle(gacha.createGacha, async ({ body }) => ok(toMarket(await catalogue.add(body))), administratorWords),

    handle(
      gacha.modifyGacha,
      async ({ body }) => {
        await catalogue.modify(body)
        return ok({ name: body.name, rarity: body.rarity, image: body.image })
      },
      administratorWords,
    ),

    handle(
      gacha.removeGacha,
      async ({ params }) => {
        await catalogue.remove(params.name)
        return ok({ name: params.name })
      },
      administratorWords,
    ),

    handle(
      gacha.readCollectionOfPlayer,
      async ({ params }) => ok((await collections.read(params.uid)).map(toEntry)),
      playerWords,
    ),

    handle(gacha.giveCopy, async ({ body }) => ok(await collections.give(body.uid, body.gacha_name)), givingWords),

    handle(
      gacha.takeCopy,
      async ({ body }) => {
        await collections.take(body.uid, body.gacha_name)
        return ok({ name: body.gacha_name })
      },
      takingWords,
    ),
  ]
}

function toMarket({ id, name, rarity, image }: Gacha) {
  return { id, name, rarity: String(rarity), image }
}

function toEntry({ copies, name, image }: Collected) {
  return { value: copies, name, image }
}

const playerWords: Words = inWords([
  [UnknownGacha, marketRefusal(400, 'Gacha not present')],
  [NoCollection, marketRefusal(400, 'User Not present')],
  [NotCollected, marketRefusal(404, 'Gacha not present in the user collection')],
  [PaymentRefused, marketRefusal(400, "Error, you don't have enough tux to complete the roll")],
  [EmptyCatalogue, marketRefusal(400, 'There is no gacha to roll for')],
])

const administratorWords: Words = inWords([
  [InvalidName, marketRefusal(400, 'Gacha name not valid')],
  [InvalidRarity, marketRefusal(400, 'Rarity not valid')],
  [NameTaken, marketRefusal(400, 'Gacha already present')],
  [UnknownGacha, marketRefusal(400, 'Gacha Not present')],
])

// Market §14: the same refusals in two spellings.
const givingWords: Words = inWords([
  [UnknownGacha, marketRefusal(400, 'Gacha not Present')],
  [NoCollection, marketRefusal(400, 'User not Present')],
])

const takingWords: Words = inWords([
  [UnknownGacha, marketRefusal(400, 'Gacha not Present')],
  [NoCollection, marketRefusal(400, 'User not present')],
  [NotCollected, marketRefusal(400, "User doesn't have this gacha")],
])

function inWords(words: readonly (readonly [new () => Rejection, Reply])[]): Words {
  return (rejection) => words.find(([kind]) => rejection instanceof kind)?.[1]
}

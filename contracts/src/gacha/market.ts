import { Type } from 'typebox'
import { administrator, type SignedIn } from '../access.ts'
import { market, marketRefusal } from '../dialects/market.ts'
import { route, type Surface } from '../route.ts'

const player: SignedIn = { who: 'account', role: 'user' }
const thisPlayer: SignedIn = { who: 'account', role: 'user', self: { in: 'params', field: 'uid' } }

const Name = Type.String()
const Image = Type.String()
const UidParams = Type.Object({ uid: Type.String() })
const NameParams = Type.Object({ name: Type.String() })

const Shown = Type.Object({ name: Name, image: Image })
const Gacha = Type.Object({ id: Type.String(), name: Name, rarity: Type.String(), image: Image })
const Collection = Type.Array(Type.Object({ value: Type.Integer(), name: Name, image: Image }))
const GachaRequest = Type.Object({ name: Name, rarity: Type.String(), image: Image })

export const browseCatalogue = route({
  name: 'browseCatalogue',
  summary: 'Every gacha there is',
  method: 'GET',
  path: '/api/distro/user/gacha/all',
  door: 'public',
  access: player,
  replies: { 200: Type.Array(Shown) },
})

export const inspectGacha = route({
  name: 'inspectGacha',
  summary: 'One gacha of the catalogue',
  method: 'GET',
  path: '/api/distro/user/gacha/:name',
  door: 'public',
  access: player,
  params: NameParams,
  replies: { 200: Gacha },
})

export const readCollection = route({
  name: 'readCollection',
  summary: "The caller's gachas, with how many copies of each",
  method: 'GET',
  path: '/api/distro/:uid/gacha/collection',
  door: 'public',
  access: thisPlayer,
  params: UidParams,
  replies: { 200: Collection },
})

export const readCollected = route({
  name: 'readCollected',
  summary: "One of the caller's gachas",
  method: 'GET',
  path: '/api/distro/:uid/gacha/collection/:name',
  door: 'public',
  access: thisPlayer,
  params: Type.Object({ uid: Type.String(), name: Type.String() }),
  replies: { 200: Type.Object({ value: Type.Integer(), name: Name, image: Image, rarity: Type.String() }) },
})

export const roll = route({
  name: 'roll',
  summary: 'Pay the price of a roll and win a gacha',
  method: 'POST',
  path: '/api/distro/:uid/gacha/roll',
  door: 'public',
  access: thisPlayer,
  params: UidParams,
  replies: { 200: Shown },
})

export const listGachas = route({
  name: 'listGachas',
  summary: 'The catalogue with ids and rarities',
  method: 'GET',
  path: '/admin/api/distro/gacha/all',
  door: 'admin',
  access: administrator,
  replies: { 200: Type.Array(Gacha) },
})

export const findGacha = route({
  name: 'findGacha',
  summary: 'One gacha, or null',
  method: 'GET',
  path: '/admin/api/distro/gacha/:name',
  door: 'admin',
  access: administrator,
  params: NameParams,
  replies: { 200: Type.Union([Gacha, Type.Null()]) },
})

export const createGacha = route({
  name: 'createGacha',
  summary: 'Add a gacha to the catalogue',
  method: 'POST',
  path: '/admin/api/distro/gacha',
  door: 'admin',
  access: administrator,
  body: GachaRequest,
  replies: { 200: Gacha },
})

export const modifyGacha = route({
  name: 'modifyGacha',
  summary: 'Change rarity and image of the gacha with this name',
  method: 'PUT',
  path: '/admin/api/distro/gacha',
  door: 'admin',
  access: administrator,
  body: GachaRequest,
  replies: { 200: GachaRequest },
})

export const removeGacha = route({
  name: 'removeGacha',
  summary: 'Remove a gacha from the catalogue and every collection',
  method: 'DELETE',
  path: '/admin/api/distro/gacha/remove/:name',
  door: 'admin',
  access: administrator,
  params: NameParams,
  replies: { 200: Type.Object({ name: Name }) },
})

const CopyRequest = Type.Object({ uid: Type.String(), gacha_name: Type.String() })

export const readCollectionOfPlayer = route({
  name: 'readCollectionOfPlayer',
  summary: "A player's gachas, with how many copies of each",
  method: 'GET',
  path: '/admin/api/distro/get/:uid/collection',
  door: 'admin',
  access: administrator,
  params: UidParams,
  replies: { 200: Collection },
})

export const giveCopy = route({
  name: 'giveCopy',
  summary: 'Add a copy of a gacha to the collection of a player',
  method: 'POST',
  path: '/admin/api/distro/add/user/gacha',
  door: 'admin',
  access: administrator,
  body: CopyRequest,
  replies: { 200: Shown },
})

export const takeCopy = route({
  name: 'takeCopy',
  summary: 'Take a copy of a gacha out of the collection of a player',
  method: 'DELETE',
  path: '/admin/api/distro/remove/user/gacha',
  door: 'admin',
  access: administrator,
  body: CopyRequest,
  replies: { 200: Type.Object({ name: Name }) },
})

const invalidUser = marketRefusal(400, 'Invalid User')
const invalidAdmin = marketRefusal(400, 'Invalid Admin')

export const distro: Surface = {
  name: 'gacha.market',
  dialect: market,
  decidedBy: 'service',
  prefixes: { public: '/api/distro', admin: '/admin/api/distro' },
  forbidden: {
    public: { 'wrong-role': invalidUser, 'not-self': invalidUser },
    admin: { 'wrong-role': invalidAdmin, 'not-self': invalidAdmin },
  },
  routes: [
    browseCatalogue,
    inspectGacha,
    readCollection,
    readCollected,
    roll,
    listGachas,
    findGacha,
    createGacha,
    modifyGacha,
    removeGacha,
    readCollectionOfPlayer,
    giveCopy,
    takeCopy,
  ],
}

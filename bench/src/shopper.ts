import { bidding, creation } from './auctions.ts'
import { fieldsOf, type Reply, textOf } from './door.ts'
import { allTux, newName, type Player, purchase, registration, roll, rollTux, signingIn } from './players.ts'
import type { RouteTable } from './route-table.ts'

export type Task = 'register' | 'buyAndRoll' | 'readCatalogue' | 'readHistory' | 'readGacha' | 'auction'

/** A visitor of the market: as the player registered last, it does what it is told to. */
export type Shopper = Readonly<Record<Task, () => Promise<void>>>

interface Visitor extends Player {
  /** How much can still be bought. */
  tuxLeft: number
  /** What was rolled and not offered yet. */
  readonly gachas: string[]
}

const rolls = 10
const auctionSeconds = 30
const startingPrice = 10
const priceLimit = 800

/** Once time is over, a task goes no further than the request it is at. */
export function createShopper(table: RouteTable, isOver: () => boolean): Shopper {
  let visitor: Visitor | undefined

  async function newVisitor(): Promise<Visitor | undefined> {
    const username = newName()
    const account = await table.ask('POST auth/accounts', registration(username), ok)
    if (!account) return undefined
    const session = await table.ask('POST auth/token', signingIn(username), ok)
    if (!session) return undefined
    const token = textOf(fieldsOf(session), 'access_token')
    return { uid: textOf(fieldsOf(account), 'uid'), token, tuxLeft: allTux, gachas: [] }
  }

  async function register(): Promise<void> {
    visitor = (await newVisitor()) ?? visitor
  }

  async function buy(buyer: Visitor, tux: number): Promise<boolean> {
    buyer.tuxLeft -= tux
    return (await table.ask('POST tux-management/buy', purchase(buyer, tux), ok)) !== undefined
  }

  async function buyAndRollOnce(buyer: Visitor): Promise<boolean> {
    if (!(await buy(buyer, rollTux))) return false
    const won = await table.ask('POST distro/{uid}/gacha/roll', roll(buyer), ok)
    if (won) buyer.gachas.push(textOf(fieldsOf(won), 'name'))
    return won !== undefined
  }

  async function read(route: string, path: (uid: string) => string): Promise<void> {
    if (!visitor) return
    await table.ask(route, { method: 'GET', path: path(visitor.uid), token: visitor.token }, ok)
  }

  /** Two who came for this outbid each other until the auction is over. */
  async function bid(auctionId: string, bidders: readonly Visitor[]): Promise<void> {
    for (let tux = startingPrice + 1; tux < priceLimit && !isOver(); tux += 1) {
      const bidder = bidders[tux % bidders.length]
      const reply =
        bidder && (await table.ask('POST auction/auctions/{id}/bids', bidding(auctionId, bidder, tux), isBidReply))
      if (reply?.status !== 201) return
    }
  }

  return {
    register,
    async buyAndRoll() {
      if (!visitor || visitor.tuxLeft < rolls * rollTux) await register()
      const buyer = visitor
      if (!buyer) return
      for (let n = 0; n < rolls && !isOver(); n += 1) if (!(await buyAndRollOnce(buyer))) return
    },
    readCatalogue: () => read('GET distro/user/gacha/all', () => '/api/distro/user/gacha/all'),
    readGacha: () => read('GET distro/user/gacha/{name}', () => '/api/distro/user/gacha/TempleOS'),
    readHistory: () => read('GET tux-management/transactions', (uid) => `/api/tux-management/transactions/${uid}`),
    async auction() {
      const seller = visitor
      const bidders = [await newVisitor(), await newVisitor()].filter((bidder) => bidder !== undefined)
      if (!seller || bidders.length < 2) return
      for (const bidder of bidders) if (!(await buy(bidder, priceLimit))) return
      if (seller.gachas.length === 0 && !(await buyAndRollOnce(seller))) return
      const gacha = seller.gachas.pop() ?? ''
      const asked = creation({ seller, gacha, startingPrice, lastsSeconds: auctionSeconds })
      const created = await table.ask('POST auction/auctions', asked, ({ status }) => status === 201)
      if (created) await bid(textOf(fieldsOf(created), 'auction_id'), bidders)
    },
  }
}

function ok({ status }: Reply): boolean {
  return status === 200
}

/** Accepted, or the end of the auction. */
function isBidReply(reply: Reply): boolean {
  if (reply.status === 201) return true
  const detail = reply.status < 500 && reply.status !== 0 ? fieldsOf(reply)['detail'] : undefined
  return (
    (reply.status === 400 && detail === 'Bid was made after the end of the auction') ||
    (reply.status === 404 && detail === 'Auction does not exist or is not active')
  )
}

import { type Request, textOf } from './door.ts'
import type { Installation } from './installation.ts'
import { collectForEach } from './load.ts'
import type { Player } from './players.ts'

export interface NewAuction {
  readonly seller: Player
  readonly gacha: string
  readonly startingPrice: number
  readonly lastsSeconds: number
}

export function creation({ seller, gacha, startingPrice, lastsSeconds }: NewAuction): Request {
  const json = {
    player_id: seller.uid,
    gacha_name: gacha,
    starting_price: startingPrice,
    end_time: Math.floor(Date.now() / 1000) + lastsSeconds,
  }
  return { method: 'POST', path: '/api/auction/auctions', token: seller.token, json }
}

export function bidding(auctionId: string, bidder: Player, tux: number): Request {
  const json = { auction_id: auctionId, player_id: bidder.uid, bid: tux }
  return { method: 'POST', path: `/api/auction/auctions/${auctionId}/bids`, token: bidder.token, json }
}

const gacha = 'Ubuntu'

/** Gives the sellers, in turns, what they need for so many auctions; returns the auctions that they can now create. */
export async function stockAuctions(
  { adminDoor, signInAdministrator }: Installation,
  sellers: readonly Player[],
  count: number,
  clients: number,
): Promise<NewAuction[]> {
  const token = await signInAdministrator()
  const turns = Array.from({ length: Math.ceil(count / sellers.length) }, () => sellers)
  return collectForEach(turns.flat().slice(0, count), clients, async (seller) => {
    const json = { uid: seller.uid, gacha_name: gacha }
    await adminDoor.insist(200, { method: 'POST', path: '/admin/api/distro/add/user/gacha', token, json })
    // Long enough that none of them ends while it is measured.
    return { seller, gacha, startingPrice: 0, lastsSeconds: 86_400 }
  })
}

/** Opens so many auctions; returns their ids. */
export async function openAuctions(
  installation: Installation,
  sellers: readonly Player[],
  count: number,
  clients: number,
): Promise<string[]> {
  const stock = await stockAuctions(installation, sellers, count, clients)
  return collectForEach(stock, clients, async (auction) =>
    textOf(await installation.publicDoor.insist(201, creation(auction)), 'auction_id'),
  )
}

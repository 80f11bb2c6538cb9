import type { Addresses } from '../support/program.ts'
import { post, send, text } from './requests.ts'

/** Somebody who buys and sells. */
export interface Trader {
  readonly uid: string
  readonly token: string
}

export interface Market {
  readonly addresses: Addresses
  /** A token of an administrator. */
  readonly administrator: string
  /** Somebody who stays, with TUX to bid. */
  readonly rival: Trader
}

/** Auctions that go on. */
export interface OpenAuctions {
  /** The trader's own, which the rival leads. */
  readonly own: string
  /** The rival's, which the trader leads. */
  readonly others: string
}

/** Has somebody be whatever one can be to an auction: seller and bidder, in one that is over and in one that goes on. */
export async function trade(market: Market, trader: Trader): Promise<OpenAuctions> {
  const { rival } = market
  const bought = await putUp(market, rival)
  await bid(market, trader, bought, 5)
  const sold = await putUp(market, trader)
  await bid(market, rival, sold, 4)
  for (const id of [bought, sold]) await close(market, id)
  const open = { own: await putUp(market, trader), others: await putUp(market, rival) }
  await bid(market, rival, open.own, 2)
  await bid(market, trader, open.others, 3)
  return open
}

export async function putUp({ addresses, administrator }: Market, { uid, token }: Trader): Promise<string> {
  const gacha = { uid, gacha_name: 'Ubuntu' }
  await post(`${addresses.admin}/admin/api/distro/add/user/gacha`, gacha, administrator)
  const terms = { player_id: uid, gacha_name: gacha.gacha_name, starting_price: 0, end_time: 4_000_000_000 }
  return text(await post(`${addresses.public}/api/auction/auctions`, terms, token), 'auction_id')
}

export async function bid({ addresses }: Market, { uid, token }: Trader, auction: string, tux: number): Promise<void> {
  const wish = { auction_id: auction, player_id: uid, bid: tux }
  await post(`${addresses.public}/api/auction/auctions/${auction}/bids`, wish, token)
}

/** Brings an auction to its end, with all that this means. */
export async function close({ addresses, administrator }: Market, auction: string): Promise<void> {
  await send('PATCH', `${addresses.admin}/admin/api/auction/auctions/${auction}`, { status: false }, administrator)
}

import type { Addresses } from '../support/program.ts'
import { field, get, list, newName, password, post, signIn, text, tryPost, UnexpectedAnswer } from './requests.ts'

/** What traders were told was done: the ids of auctions, and bids with their auctions. */
export interface TradeBook {
  readonly auctions: string[]
  readonly bids: { readonly id: string; readonly auctionId: string; readonly value: number }[]
}

/** The shortest and the longest that an auction lasts, in seconds: some end while the program is dead. */
const durations = [2, 3, 5, 60]

/** Trades until a request is not answered any more; everything in the book was answered with 201. */
export async function tradeUntilTheEnd({ public: door }: Addresses, book: TradeBook): Promise<void> {
  try {
    const username = newName()
    const account = await post(`${door}/api/auth/accounts`, { username, email: `${username}@example.org`, password })
    const player_id = text(account, 'uid')
    const token = await signIn(door, username)
    await post(`${door}/api/tux-management/buy`, { user_id: player_id, amount: 1000 }, token)
    for (let round = 0; ; round += 1) {
      const won = await post(`${door}/api/distro/${player_id}/gacha/roll`, undefined, token)
      const end_time = Math.floor(Date.now() / 1000) + (durations[round % durations.length] ?? 1)
      const listing = { player_id, gacha_name: text(won, 'name'), starting_price: round % 3, end_time }
      const opened = await post(`${door}/api/auction/auctions`, listing, token).catch(refusedAsLate)
      if (opened !== undefined) book.auctions.push(text(opened, 'auction_id'))
      for (const auction of list(await get(`${door}/api/auction/auctions`, token)).slice(-8)) {
        const auction_id = text(auction, 'auction_id')
        const value = Number(field(auction, 'current_winning_bid')) + 3
        const bid = await tryPost(
          `${door}/api/auction/auctions/${auction_id}/bids`,
          { auction_id, player_id, bid: value },
          token,
        )
        if (bid !== undefined) book.bids.push({ id: text(bid, 'bid_id'), auctionId: auction_id, value })
      }
    }
  } catch (error) {
    // The door is gone in the middle of a request: what was not answered is not in the book.
    if (error instanceof UnexpectedAnswer && !error.message.includes("don't have enough tux")) throw error
  }
}

/** An auction whose end passed while the trader was still on the way to set it is none. */
function refusedAsLate(error: unknown): undefined {
  if (!(error instanceof UnexpectedAnswer && error.message.includes('Invalid time'))) throw error
}

/** What is missing of what traders were told. */
export async function findLosses({ admin }: Addresses, book: TradeBook, administrator: string): Promise<string[]> {
  const token = await adminSignIn(admin, administrator)
  const auctions = `${admin}/admin/api/auction/auctions`
  const active = list(await get(auctions, token))
  const known = new Map(
    [...active, ...list(await get(`${auctions}?active=false`, token))].map((auction) => [
      text(auction, 'auction_id'),
      auction,
    ]),
  )
  const losses = book.auctions.filter((id) => !known.has(id)).map((id) => `auction ${id} is lost`)
  for (const auctionId of new Set(book.bids.map((bid) => bid.auctionId))) {
    const placed = list(await get(`${auctions}/${auctionId}/bids`, token))
    const ids = new Set(placed.map((bid) => text(bid, 'bid_id')))
    losses.push(
      ...book.bids
        .filter((bid) => bid.auctionId === auctionId && !ids.has(bid.id))
        .map(({ id }) => `bid ${id} is lost`),
    )
    const values = placed.map((bid) => Number(field(bid, 'value')))
    if (values.some((value, index) => index > 0 && value <= (values[index - 1] ?? 0)))
      losses.push(`bids on ${auctionId} do not rise`)
    if (Number(field(known.get(auctionId), 'current_winning_bid')) !== (values.at(-1) ?? 0))
      losses.push(`${auctionId} is not led by its last bid`)
  }
  return losses
}

/** The auctions that are still open though their end came before this moment, in UNIX seconds. */
export async function findOpenAfter(moment: number, { admin }: Addresses, administrator: string): Promise<string[]> {
  const token = await adminSignIn(admin, administrator)
  return list(await get(`${admin}/admin/api/auction/auctions`, token))
    .filter((auction) => Number(field(auction, 'end_time')) < moment)
    .map((auction) => text(auction, 'auction_id'))
}

async function adminSignIn(admin: string, secret: string): Promise<string> {
  const body = new URLSearchParams({ username: 'admin', password: secret })
  const reply = await fetch(`${admin}/admin/api/auth/token`, { method: 'POST', body })
  return text(await reply.json(), 'access_token')
}

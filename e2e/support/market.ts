import { expect, vi } from 'vitest'
import { type Answer, call, type Door, listOf, objectOf, textOf, validationErrors } from './http.ts'
import { adminToken, buy, type Player, registerPlayer } from './people.ts'

/** What every id of the market looks like on the wire. */
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** A gacha that every store has from the start. */
export const stockGacha = 'Ubuntu'

/** The names of all gachas that every store has from the start: those of other tests may be removed at any time. */
export async function stockNames(token: string): Promise<string[]> {
  const all = listOf((await call('public', 'GET', '/distro/user/gacha/all', { token })).body)
  return all.slice(0, 21).map(({ name }) => String(name))
}

/** Now, in the market's whole UNIX seconds. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}

/** The first whole UNIX second that is at least this far ahead. */
export function inSeconds(seconds: number): number {
  return Math.ceil(Date.now() / 1000 + seconds)
}

/** The end of an auction that a test waits for: what has to be there before it is there in time on a slow machine too. */
export function soon(): number {
  return inSeconds(4)
}

/** A new player with this much TUX. */
export async function playerWith(tux: number): Promise<Player> {
  const player = await registerPlayer()
  if (tux > 0) await buy(player, tux)
  return player
}

/** Puts copies of a gacha into a player's collection, by the admin door. */
export async function give(player: Player, gacha_name: string = stockGacha, copies = 1): Promise<void> {
  for (let copy = 0; copy < copies; copy++) {
    const json = { uid: player.uid, gacha_name }
    const answer = await call('admin', 'POST', '/distro/add/user/gacha', { token: await adminToken(), json })
    expect(answer.status, answer.text).toBe(200)
  }
}

/** Adds a gacha to the catalogue; whoever adds one removes it. */
export async function addToCatalogue(name: string): Promise<void> {
  const json = { name, rarity: '1', image: 'a picture' }
  const answer = await call('admin', 'POST', '/distro/gacha', { token: await adminToken(), json })
  expect(answer.status, answer.text).toBe(200)
}

export async function removeFromCatalogue(name: string): Promise<Answer> {
  return call('admin', 'DELETE', `/distro/gacha/remove/${name}`, { token: await adminToken() })
}

export interface Terms {
  readonly gacha_name: string
  readonly starting_price: number
  readonly end_time: number
}

/** What a player asks for who sets an auction; without terms, one that lasts longer than any test. */
export function auctionRequest(seller: Pick<Player, 'uid'>, terms: Partial<Terms> = {}) {
  return { player_id: seller.uid, gacha_name: stockGacha, starting_price: 0, end_time: inSeconds(3600), ...terms }
}

/** Asks for an auction of a copy that the seller has, or has not. */
export function setAuction(seller: Player, terms: Partial<Terms> = {}): Promise<Answer> {
  return call('public', 'POST', '/auction/auctions', { token: seller.token, json: auctionRequest(seller, terms) })
}

/** Gives the seller a copy and sets an auction of it; answers its id. */
export async function openAuction(seller: Player, terms: Partial<Terms> = {}): Promise<string> {
  await give(seller, terms.gacha_name)
  const answer = await setAuction(seller, terms)
  expect(answer.status, answer.text).toBe(201)
  return textOf(answer, 'auction_id')
}

export function bid(bidder: Player, auction_id: string, amount: unknown): Promise<Answer> {
  const json = { auction_id, player_id: bidder.uid, bid: amount }
  return call('public', 'POST', `/auction/auctions/${auction_id}/bids`, { token: bidder.token, json })
}

/** Bids and insists that the bid leads; answers its id. */
export async function lead(bidder: Player, auctionId: string, amount: number): Promise<string> {
  const answer = await bid(bidder, auctionId, amount)
  expect(answer.status, answer.text).toBe(201)
  return textOf(answer, 'bid_id')
}

export function deleteAuction({ token }: Player, auctionId: string): Promise<Answer> {
  return call('public', 'DELETE', `/auction/auctions/${auctionId}`, { token })
}

/** A request to the auction service by the administrator, on the admin door. */
export async function asAdmin(method: string, path: string, json?: unknown): Promise<Answer> {
  return call('admin', method, `/auction/${path}`, { token: await adminToken(), json })
}

export function patchAuction(auctionId: string, status: unknown): Promise<Answer> {
  return asAdmin('PATCH', `auctions/${auctionId}`, { status })
}

/** Closes an auction by the admin door and insists; all effects are visible when this returns. */
export async function closeAuction(auctionId: string): Promise<void> {
  const answer = await patchAuction(auctionId, false)
  expect([answer.status, answer.body], answer.text).toStrictEqual([200, { detail: 'Success!' }])
}

/** One auction as the administrator sees it. */
export async function auctionOf(auctionId: string): Promise<Record<string, unknown>> {
  const answer = await asAdmin('GET', `auctions/${auctionId}`)
  expect(answer.status, answer.text).toBe(200)
  return objectOf(answer.body)
}

/** The bids on an auction as the administrator sees them, the oldest first. */
export async function bidsOn(auctionId: string): Promise<Record<string, unknown>[]> {
  return listOf((await asAdmin('GET', `auctions/${auctionId}/bids`)).body)
}

/** The auctions that a list with these filters shows. */
export async function listAuctions(door: Door, token: string, query: string): Promise<Record<string, unknown>[]> {
  const answer = await call(door, 'GET', `/auction/auctions?${query}`, { token })
  expect(answer.status, answer.text).toBe(200)
  return listOf(answer.body)
}

/** The ids of the auctions that a list with these filters shows. */
export async function listedIds(door: Door, token: string, query: string): Promise<unknown[]> {
  return (await listAuctions(door, token, query)).map(({ auction_id }) => auction_id)
}

/** The TUX that a player can spend now. */
export async function tuxOf({ uid, token }: Player): Promise<number> {
  const answer = await call('public', 'GET', `/tux-management/balances/${uid}`, { token })
  expect(answer.status, answer.text).toBe(200)
  return Number(objectOf(answer.body)['tux_balance'])
}

/** The TUX that these players can spend together: what auctions may move between them, but neither make nor lose. */
export async function totalTux(players: readonly Player[]): Promise<number> {
  return (await Promise.all(players.map(tuxOf))).reduce((sum, tux) => sum + tux, 0)
}

/** How many copies of a gacha are in a player's collection. */
export async function copiesOf({ uid, token }: Player, gacha: string = stockGacha): Promise<number> {
  const answer = await call('public', 'GET', `/distro/${uid}/gacha/collection`, { token })
  expect(answer.status, answer.text).toBe(200)
  return Number(listOf(answer.body).find(({ name }) => name === gacha)?.['value'] ?? 0)
}

/** The sales in which a player took part, on either side. */
export async function salesOf({ uid, token }: Player): Promise<Record<string, unknown>[]> {
  const answer = await call('public', 'GET', `/tux-management/transactions/${uid}`, { token })
  return listOf(objectOf(answer.body)['auction'])
}

/** A sale as both sides find it in their histories. */
export function sale(auction_id: string, winner: Pick<Player, 'uid'>, seller: Pick<Player, 'uid'>, amount_tux: number) {
  return {
    transaction_id: expect.stringMatching(uuid),
    auction_id,
    from_user_id: winner.uid,
    to_user_id: seller.uid,
    amount_tux,
    timestamp: expect.any(Number),
  }
}

/** Ends the account of a player, as the player asks for it. */
export async function deleteAccount({ uid, token }: Player): Promise<void> {
  const answer = await call('public', 'DELETE', `/auth/accounts/${uid}`, { token })
  expect(answer.status, answer.text).toBe(200)
}

/** Waits for a moment, in UNIX seconds, such as the end of an auction. */
export async function until(seconds: number): Promise<void> {
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThanOrEqual(seconds * 1000), { timeout: 20_000, interval: 1 })
}

/** Waits until an auction is closed; answers the moment at which that was seen, in milliseconds. */
export async function untilClosed(auctionId: string): Promise<number> {
  await vi.waitFor(async () => expect((await auctionOf(auctionId))['active']).toBe(false), {
    timeout: 20_000,
    interval: 10,
  })
  return Date.now()
}

/** The spellings of one id that a service must read (RFC 9562). */
export function spellingsOf(id: string): string[] {
  return [id.toUpperCase(), id.replaceAll('-', ''), `urn:uuid:${id}`, `{${id}}`]
}

/** Texts that are no ids. */
export const noIds = [
  '1',
  'none',
  'null',
  '00000000-0000-4000-8000-00000000000',
  '00000000-0000-4000-8000-00000000000g',
]

/** A 422 that finds fault with the path alone. */
export function expectInvalidPath(answer: Answer): void {
  for (const { loc } of validationErrors(answer)) expect(loc).toStrictEqual(['path', expect.any(String)])
}

import { allTux, type Player } from './players.ts'

export interface Bid {
  readonly auctionId: string
  readonly bidder: Player
  readonly tux: number
}

/** Which bids can be made: keeps in mind what each bidder may have held, so that none is refused for lack of funds. */
export interface Bidders {
  /** The next bid on an auction: one TUX more than anybody has offered there. */
  next(auctionId: string): Bid
  /** Tells what became of it. */
  settle(bid: Bid, accepted: boolean): void
  /** The highest offer on an auction yet. */
  highestOffer(auctionId: string): number
}

// So many are asked by chance before the richest is taken.
const draws = 4

export function createBidders(players: readonly Player[]): Bidders {
  // At most: offers that are not answered yet count, and a leader's TUX until the next bid is known to be accepted.
  const held = new Map(players.map((player) => [player, 0]))
  const offers = new Map<string, number>()
  const leading = new Map<string, Bid>()

  const heldBy = (player: Player): number => held.get(player) ?? 0
  const hold = (player: Player, tux: number): void => void held.set(player, heldBy(player) + tux)

  function poorer(one: Player, other: Player): Player {
    return heldBy(other) < heldBy(one) ? other : one
  }

  function choose(tux: number): Player {
    const drawn = Array.from({ length: draws }, () => players[Math.floor(Math.random() * players.length)])
    const known = drawn.filter((player) => player !== undefined)
    const free = known.find((player) => heldBy(player) + tux <= allTux) ?? players.reduce(poorer)
    if (heldBy(free) + tux > allTux) throw new Error('all bidders have their TUX held: measure fewer or shorter rounds')
    return free
  }

  return {
    next(auctionId) {
      const tux = (offers.get(auctionId) ?? 0) + 1
      const bidder = choose(tux)
      offers.set(auctionId, tux)
      hold(bidder, tux)
      return { auctionId, bidder, tux }
    },
    settle(bid, accepted) {
      const before = leading.get(bid.auctionId)
      if (!accepted || (before && before.tux > bid.tux)) {
        // Refused, or accepted and outbid before its answer came.
        hold(bid.bidder, -bid.tux)
        return
      }
      if (before) hold(before.bidder, -before.tux)
      leading.set(bid.auctionId, bid)
    },
    highestOffer: (auctionId) => offers.get(auctionId) ?? 0,
  }
}

import type { Commitment } from '@sallyport/auction/audit'
import type { Finding } from '@sallyport/database'
import type { OpenHold } from '@sallyport/wallet/audit'

/** What two services say of one another that does not fit: an `orphan-hold`, a `bid-without-hold`, and so on. */
export type BrokenPromise = Finding

/** What each service keeps for auctions, as it says itself. */
export interface Statements {
  readonly commitments: readonly Commitment[]
  readonly holds: readonly OpenHold[]
  /** Those of the leaders whose accounts are open. */
  readonly openPlayers: ReadonlySet<string>
  /** The auctions that a copy is kept for. */
  readonly keptCopies: ReadonlySet<string>
}

/**
 * Compares what auction, wallet and gacha keep for one another (design §5): every hold belongs to the leading bid of an
 * auction, every copy in escrow to an auction, and the other way round. A leader who is gone has no hold (market §11).
 */
export function findBrokenPromises({ commitments, holds, openPlayers, keptCopies }: Statements): BrokenPromise[] {
  const found: BrokenPromise[] = []
  const holdsById = new Map(holds.map((hold) => [hold.id, hold]))
  const promised = new Set(commitments.flatMap(({ hold }) => (hold ? [hold.id] : [])))
  const auctions = new Set(commitments.map(({ auctionId }) => auctionId))
  for (const { id, uid, tux } of holds)
    if (!promised.has(id))
      found.push({ invariant: 'orphan-hold', subject: id, detail: `${tux} TUX of ${uid} for no auction` })
  for (const id of keptCopies)
    if (!auctions.has(id))
      found.push({ invariant: 'orphan-copy', subject: id, detail: 'a copy is kept for no auction' })
  for (const { auctionId, hold, settled } of commitments) {
    if (!settled) continue
    if (!keptCopies.has(auctionId))
      found.push({ invariant: 'auction-without-copy', subject: auctionId, detail: 'no copy is kept for it' })
    if (!hold || !openPlayers.has(hold.uid)) continue
    const { uid, tux } = holdsById.get(hold.id) ?? {}
    if (uid !== hold.uid || tux !== hold.tux) {
      const detail = `auction ${auctionId} counts on ${hold.tux} TUX of ${hold.uid}, held are ${tux ?? 'none'}`
      found.push({ invariant: 'bid-without-hold', subject: hold.id, detail })
    }
  }
  return found
}

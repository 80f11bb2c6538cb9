import { type Call, gacha as gachaRoutes, ServiceUnreachable, wallet as walletRoutes } from '@sallyport/contracts'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Auction, AuctionOutcome } from '../auctions/auction.ts'
import type { AuctionDatabase } from '../auction-database.ts'
import { markClosed } from './closing-store.ts'

export interface SettlementParts {
  readonly db: Kysely<AuctionDatabase>
  readonly wallet: Call
  readonly gacha: Call
  readonly log: Logger
}

/**
 * Brings about what the end of auctions means (market §9, §11): the seller is paid out of the leader's hold, and then the
 * copy is delivered. The payment decides: it is one transaction in which both accounts are there or not. Whether the copy
 * can be delivered is looked up before; a gacha that is removed from the catalogue in between was sold before it was.
 *
 * Each step may be done again and has its first outcome, so a crash at any point costs nothing but the repetition.
 * When the batch is refused, each auction is tried by itself: one that cannot be settled does not stop the others.
 *
 * @throws {ServiceUnreachable} nothing more is done; it is to be tried again
 */
export async function settleAuctions(parts: SettlementParts, auctions: readonly Auction[]): Promise<void> {
  if (auctions.length === 0) return
  try {
    await settleTogether(parts, auctions)
  } catch (error) {
    if (error instanceof ServiceUnreachable || auctions.length === 1) throw error
    parts.log.error({ err: error }, 'closing auctions together failed; each is closed by itself')
    for (const auction of auctions)
      await settleTogether(parts, [auction]).catch((cause: unknown) => {
        parts.log.error({ err: cause, auction: auction.id }, 'an auction could not be closed; it is tried again')
      })
  }
}

async function settleTogether({ db, wallet, gacha }: SettlementParts, auctions: readonly Auction[]): Promise<void> {
  const led = auctions.filter(({ leader }) => leader !== undefined)
  const copies = await lookUpCopies(gacha, led)
  const payments = await settlePayments(wallet, led, copies)
  const closed = auctions.map((auction) => ({ auction, outcome: outcomeOf(auction, payments, copies) }))
  await gacha(gachaRoutes.settleEscrows, {
    body: {
      settlements: closed.map(({ auction, outcome }) => ({ auction_id: auction.id, to: receiverOf(auction, outcome) })),
    },
  })
  await markClosed(
    db,
    closed.map(({ auction: { id }, outcome }) => ({ id, outcome })),
  )
}

type Copies = ReadonlyMap<Auction, 'kept' | 'ended' | 'gone'>
type Payments = ReadonlyMap<Auction, 'captured' | 'released' | 'seller-gone'>

async function lookUpCopies(gacha: Call, auctions: readonly Auction[]): Promise<Copies> {
  if (auctions.length === 0) return new Map()
  const { body } = await gacha(gachaRoutes.lookUpEscrows, { body: { auction_ids: auctions.map(({ id }) => id) } })
  return zip(auctions, body.states)
}

async function settlePayments(wallet: Call, auctions: readonly Auction[], copies: Copies): Promise<Payments> {
  if (auctions.length === 0) return new Map()
  const { body } = await wallet(walletRoutes.settleHolds, {
    body: {
      settlements: auctions.flatMap((auction) => {
        if (!auction.leader) return []
        const hold = auction.leader.bidId
        return copies.get(auction) === 'gone'
          ? [{ hold }]
          : [{ hold, sale: { seller: auction.seller, auction_id: auction.id } }]
      }),
    },
  })
  return zip(auctions, body.outcomes)
}

function outcomeOf(auction: Auction, payments: Payments, copies: Copies): AuctionOutcome {
  if (!auction.leader) return 'unsold'
  const payment = payments.get(auction)
  if (payment === 'captured') return 'sold'
  if (payment === 'seller-gone') return 'seller-gone'
  return copies.get(auction) === 'gone' ? 'gacha-gone' : 'leader-gone'
}

/** Who gets the copy; null for nobody. A collection that is closed takes none. */
function receiverOf({ seller, leader }: Auction, outcome: AuctionOutcome): string | null {
  if (outcome === 'sold') return leader?.player ?? null
  return outcome === 'unsold' || outcome === 'leader-gone' ? seller : null
}

function zip<Answer>(auctions: readonly Auction[], answers: readonly Answer[]): ReadonlyMap<Auction, Answer> {
  if (answers.length !== auctions.length) throw new TypeError('a batch was answered with another number of answers')
  return new Map(
    auctions.flatMap((auction, index) => {
      const answer = answers[index]
      return answer === undefined ? [] : [[auction, answer] as const]
    }),
  )
}

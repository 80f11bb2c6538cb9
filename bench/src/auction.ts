import { bidding, creation, openAuctions, stockAuctions } from './auctions.ts'
import { type Installation, withInstallation } from './installation.ts'
import { describe, latency } from './latency.ts'
import { callForEach, type Load, medianOutcome, type Outcome } from './load.ts'
import { makeRichPlayers, type Player } from './players.ts'

const auctionsAlone = 100
const auctionsTogether = 1000
const bidsAlone = 200

/** New auctions through the public door, and single bids that outbid somebody; `bids` tells the throughput of bids. */
export function measureAuction(load: Load): Promise<string> {
  return withInstallation(load.clients, async (installation) => {
    const { publicDoor } = installation
    const sellers = await makeRichPlayers(publicDoor, 16, load.clients)
    const alone: Outcome[] = []
    const together: Outcome[] = []
    const bids: Outcome[] = []
    // The first round warms up and does not count.
    for (let round = 0; round <= load.rounds; round += 1) {
      alone.push(await createAll(installation, sellers, auctionsAlone, 1))
      together.push(await createAll(installation, sellers, auctionsTogether, load.clients))
      bids.push(await bidInTurns(installation, sellers, await makeRichPlayers(publicDoor, 2, 2)))
    }
    return [
      `auction: medians of ${load.rounds} rounds of ${auctionsAlone} and ${auctionsTogether} new auctions and ${bidsAlone} bids`,
      ...describe(load.clients, { alone: medianOutcome(alone.slice(1)), together: medianOutcome(together.slice(1)) }),
      `  one bidder   ${latency(medianOutcome(bids.slice(1)))}`,
    ].join('\n')
  })
}

async function createAll(
  installation: Installation,
  sellers: readonly Player[],
  count: number,
  clients: number,
): Promise<Outcome> {
  const stock = await stockAuctions(installation, sellers, count, clients)
  return callForEach(stock, clients, async (auction) => {
    await installation.publicDoor.insist(201, creation(auction))
  })
}

/** Two players outbid each other on one auction, one bid after the other. */
async function bidInTurns(
  installation: Installation,
  sellers: readonly Player[],
  bidders: readonly Player[],
): Promise<Outcome> {
  const [auctionId = ''] = await openAuctions(installation, sellers, 1, 1)
  const amounts = Array.from({ length: bidsAlone }, (_, index) => index + 1)
  return callForEach(amounts, 1, async (tux) => {
    const bidder = bidders[tux % bidders.length]
    if (!bidder) throw new TypeError('there are no bidders')
    await installation.publicDoor.insist(201, bidding(auctionId, bidder, tux))
  })
}

import { bidding, openAuctions } from './auctions.ts'
import { type Bidders, createBidders } from './bidders.ts'
import { type BidsPeer, openBidsPeer, type PeerOutcome } from './bids-peer.ts'
import { cpuBetween, type CpuSeconds, readCpu } from './cpu.ts'
import { fieldsOf, unexpected } from './door.ts'
import { type Installation, withInstallation } from './installation.ts'
import { latency } from './latency.ts'
import { callInParallel, type Load, median, medianOutcome, type Outcome } from './load.ts'
import { makeRichPlayers } from './players.ts'

const bidderCount = 512
const sellerCount = 16
const spreadAuctions = 1000

// Bids rise by one TUX, and nobody has more than 1200: at this price the clients go on to another hot auction, all at once.
const hotLimitTux = 800
// More than a round could use up.
const hotBidsPerSecond = 12_000

interface Own extends Outcome {
  readonly bids: number
  readonly outrun: number
  readonly unfunded: number
}

interface Measured<Result> {
  readonly result: Result
  readonly cpu: CpuSeconds | undefined
}

interface Rounds {
  readonly ours: Measured<Own>[]
  readonly peer: Measured<PeerOutcome>[]
}

/**
 * Bids through the public door beside pgbench, which makes the same bids as one SQL function on the same server: on a
 * thousand auctions (goal: 0.5) and on one (goal: 2). Accepted bids count.
 */
export function measureBids(load: Load): Promise<string> {
  return withInstallation(load.clients, async (installation) => {
    const { publicDoor, dataDirectory } = installation
    const peer = await openBidsPeer(dataDirectory, { bidders: bidderCount, auctions: spreadAuctions })
    try {
      const players = await makeRichPlayers(publicDoor, bidderCount + sellerCount, load.clients)
      const sellers = players.slice(bidderCount)
      const bidders = createBidders(players.slice(0, bidderCount))
      const auctions = await openAuctions(installation, sellers, spreadAuctions, load.clients)
      const spread: Rounds = { ours: [], peer: [] }
      const hot: Rounds = { ours: [], peer: [] }
      // The first round warms up and does not count.
      for (let round = 0; round <= load.rounds; round += 1) {
        const { seconds } = round === 0 ? { seconds: 1 } : load
        const now = { ...load, seconds }
        const hotCount = Math.ceil((seconds * hotBidsPerSecond) / hotLimitTux)
        const hotOnes = await openAuctions(installation, sellers, hotCount, load.clients)
        const hottest = takeTurns(hotOnes, bidders)
        const anyOne = (): string => auctions[Math.floor(Math.random() * auctions.length)] ?? ''
        spread.ours.push(await measured(installation, peer, () => bidAtDoor(installation, now, bidders, anyOne)))
        spread.peer.push(await measured(installation, peer, () => peer.bid({ ...now, auctions: spreadAuctions })))
        hot.ours.push(await measured(installation, peer, () => bidAtDoor(installation, now, bidders, hottest)))
        hot.peer.push(await measured(installation, peer, () => peer.bid({ ...now, auctions: 1 })))
      }
      return [
        `bids: ${load.clients} clients, medians of ${load.rounds} rounds of ${load.seconds} s; accepted bids count`,
        ...report(`${spreadAuctions} auctions`, 0.5, spread),
        ...report('one hot auction', 2, hot),
      ].join('\n')
    } finally {
      await peer.close()
    }
  })
}

/** The first auction until its price is at the limit, then the second, and so on. */
function takeTurns(auctions: string[], bidders: Bidders): () => string {
  return () => {
    while (auctions[0] !== undefined && bidders.highestOffer(auctions[0]) >= hotLimitTux) auctions.shift()
    const [auction] = auctions
    if (auction === undefined) throw new Error('the hot auctions are used up')
    return auction
  }
}

async function bidAtDoor(
  { publicDoor }: Installation,
  load: Load,
  bidders: Bidders,
  choose: () => string,
): Promise<Own> {
  let bids = 0
  let outrun = 0
  let unfunded = 0
  const outcome = await callInParallel(load, async () => {
    const bid = bidders.next(choose())
    const request = bidding(bid.auctionId, bid.bidder, bid.tux)
    const reply = await publicDoor.ask(request)
    bidders.settle(bid, reply.status === 201)
    bids += 1
    if (reply.status === 402) unfunded += 1
    else if (reply.status === 400 && fieldsOf(reply)['detail'] === 'Bid must be higher than currently winning bid')
      outrun += 1
    else if (reply.status !== 201) throw unexpected(request, reply)
  })
  const accepted = bids - outrun - unfunded
  return { ...outcome, perSecond: (outcome.perSecond * accepted) / bids, bids, outrun, unfunded }
}

async function measured<Result>(
  { program }: Installation,
  { postgresPid }: BidsPeer,
  work: () => Promise<Result>,
): Promise<Measured<Result>> {
  const before = await readCpu(program.pid, postgresPid)
  const result = await work()
  return { result, cpu: cpuBetween(before, await readCpu(program.pid, postgresPid)) }
}

function report(title: string, goal: number, all: Rounds): string[] {
  const ours = all.ours.slice(1)
  const peer = all.peer.slice(1)
  const own = medianOutcome(ours.map(({ result }) => result))
  const peerPerSecond = median(peer.map(({ result }) => result.perSecond))
  const peerMs = median(peer.map(({ result }) => result.averageMs))
  const each = ours.map(({ result }, round) => result.perSecond / (peer[round]?.result.perSecond ?? Number.NaN))
  const bids = total(ours.map(({ result }) => result.bids))
  const outrun = total(ours.map(({ result }) => result.outrun))
  const unfunded = total(ours.map(({ result }) => result.unfunded))
  const peerBids = total(peer.map(({ result }) => result.bids))
  const peerRefused = total(peer.map(({ result }) => result.refused))
  return [
    `  ${title}`,
    `    through the public door   ${own.perSecond.toFixed(0)}/s   ${latency(own)}`,
    `      outrun ${percent(outrun, bids)}, refused for lack of funds ${unfunded} (should be 0)`,
    `      ${cpuUse(ours, bids)}`,
    `    pgbench, one function     ${peerPerSecond.toFixed(0)}/s   average ${peerMs.toFixed(1)} ms`,
    `      refused ${percent(peerRefused, peerBids)}`,
    `      ${cpuUse(peer, peerBids)}`,
    `    ratio                     ${median(each).toFixed(3)}   (goal: ${goal}; rounds: ${each.map((ratio) => ratio.toFixed(3)).join(' ')})`,
  ]
}

function cpuUse(rounds: readonly Measured<unknown>[], bids: number): string {
  const used = rounds.map(({ cpu }) => cpu).filter((cpu) => cpu !== undefined)
  if (used.length === 0) return 'processor time: not told by this system'
  const perBid = (part: keyof CpuSeconds): string => ((total(used.map((cpu) => cpu[part])) / bids) * 1e6).toFixed(0)
  return `processor time a bid: program ${perBid('program')} µs, PostgreSQL ${perBid('postgres')} µs, load ${perBid('load')} µs`
}

function percent(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

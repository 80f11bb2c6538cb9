import { setTimeout as sleep } from 'node:timers/promises'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { bidding, creation, stockAuctions } from './auctions.ts'
import { textOf } from './door.ts'
import { type Installation, withInstallation } from './installation.ts'
import { callForEach, collectForEach, type Load, quantile } from './load.ts'
import { makeRichPlayers, type Player } from './players.ts'

/** So many auctions end in the same second, each with a leader (market §9: delivered and paid within 250 ms). */
const crowds = [1, 100, 1000]
const limitMs = 250
/** Long enough to make the auctions and to bid on them. */
const lastsSeconds = 12
const lookEveryMs = 2

/** How long after their end auctions are delivered and paid for, when many end in the same moment. */
export function measureClosing(load: Load): Promise<string> {
  return withInstallation(load.clients, async (installation) => {
    const players = await makeRichPlayers(installation.publicDoor, 16, load.clients)
    const lines: string[] = []
    for (const crowd of crowds) {
      const delays: number[] = []
      for (let round = 0; round < load.rounds; round += 1)
        delays.push(...(await closeTogether(installation, players, crowd, load.clients)))
      lines.push(describe(crowd, delays))
    }
    return [`closing: delivered and paid, after the end; all auctions of ${load.rounds} rounds`, ...lines].join('\n')
  })
}

async function closeTogether(
  installation: Installation,
  players: readonly Player[],
  crowd: number,
  clients: number,
): Promise<number[]> {
  const endTime = Math.floor(Date.now() / 1000) + lastsSeconds
  const stock = await stockAuctions(installation, players, crowd, clients)
  const auctions = await collectForEach(stock, clients, async (auction) => {
    const left = endTime - Math.floor(Date.now() / 1000)
    const created = await installation.publicDoor.insist(201, creation({ ...auction, lastsSeconds: left }))
    return { id: textOf(created, 'auction_id'), seller: auction.seller }
  })
  await callForEach(auctions, clients, async ({ id, seller }) => {
    const bidder = players[(players.indexOf(seller) + 1) % players.length]
    if (bidder) await installation.publicDoor.insist(201, bidding(id, bidder, 1))
  })
  return watchClosing(installation, endTime, crowd)
}

/** Looks into the database, because a list of a thousand auctions asked for at a door would slow down what is measured. */
async function watchClosing({ dataDirectory }: Installation, endTime: number, crowd: number): Promise<number[]> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const database = openDatabase({ service: 'bench', connection: postgres.connection('auction', 'service') })
  const delays: number[] = []
  try {
    await sleep(Math.max(0, endTime * 1000 - Date.now() - 20))
    while (delays.length < crowd) {
      const { rows } = await database.pool.query(
        `select count(*)::int as closed, (extract(epoch from clock_timestamp()) - $1) * 1000 as late
         from auction where end_time = $1 and state = 'closed'`,
        [endTime],
      )
      const late = Number(rows[0]?.late)
      while (delays.length < Number(rows[0]?.closed)) delays.push(late)
      if (late > 60_000) throw new Error(`only ${delays.length} of ${crowd} auctions were closed within a minute`)
      await sleep(lookEveryMs)
    }
    return delays
  } finally {
    await database.close()
    await postgres.stop()
  }
}

function describe(crowd: number, delays: readonly number[]): string {
  const ms = (share: number): string => quantile(delays, share).toFixed(0).padStart(4)
  const inTime = delays.filter((delay) => delay <= limitMs).length / delays.length
  return (
    `  ${String(crowd).padStart(4)} at once   p50 ${ms(0.5)} ms   p90 ${ms(0.9)} ms   p99 ${ms(0.99)} ms   ` +
    `last ${Math.max(...delays).toFixed(0)} ms   within ${limitMs} ms: ${(inTime * 100).toFixed(1)} %`
  )
}

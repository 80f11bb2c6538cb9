import { readFile } from 'node:fs/promises'
import { openDatabase, type ServiceDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { parentOf } from './cpu.ts'
import { createPeerDatabase } from './peer-database.ts'
import { findPgbench, runPgbench } from './pgbench.ts'

export interface PeerOutcome {
  /** Accepted bids. */
  readonly perSecond: number
  readonly bids: number
  readonly refused: number
  readonly averageMs: number
}

/** The same bids as one SQL function, called by pgbench, on the PostgreSQL server of the installation. */
export interface BidsPeer {
  /** The server's first process. */
  readonly postgresPid: number
  bid(load: { clients: number; seconds: number; auctions: number }): Promise<PeerOutcome>
  close(): Promise<void>
}

const database = 'bids_peer'
// Enough that nobody runs out of it.
const balance = 10 ** 15

/** Makes the peer's database, with so many bidders and auctions. */
export async function openBidsPeer(
  dataDirectory: string,
  size: { readonly bidders: number; readonly auctions: number },
): Promise<BidsPeer> {
  const pgbench = await findPgbench()
  const server = await useEmbeddedPostgres({ dataDirectory })
  const connection = await createPeerDatabase(server.connection('wallet', 'service'), database)
  const opened = openDatabase<Record<string, never>>({ service: database, connection })
  const { pool } = opened
  try {
    await pool.query(await readFile(new URL('bids-peer.sql', import.meta.url), 'utf8'))
    // The sellers do not bid: they come after the bidders.
    const seller = size.bidders + 1
    await pool.query('insert into account (id, balance) select id, $2 from generate_series(1, $1::int) as id', [
      seller,
      balance,
    ])
    await pool.query(
      `insert into auction (id, seller, starting_price, ends_at)
       select id, $2, 0, now() + interval '1 day' from generate_series(1, $1::int) as id`,
      [size.auctions, seller],
    )
    await pool.query('vacuum analyze')
    const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid')
    const postgresPid = await parentOf(rows[0]?.pid ?? 0)
    return {
      postgresPid,
      async bid({ clients, seconds, auctions }) {
        const script = [
          `\\set auction random(1, ${auctions})`,
          `\\set bidder random(1, ${size.bidders})`,
          'select place_bid(:auction, :bidder, 1);',
        ].join('\n')
        const before = await countBids(pool)
        const run = await runPgbench(pgbench, { ...connection, script, clients, seconds })
        const accepted = (await countBids(pool)) - before
        return {
          perSecond: (run.perSecond * accepted) / run.transactions,
          bids: run.transactions,
          refused: run.transactions - accepted,
          averageMs: run.averageMs,
        }
      },
      close: () => opened.close(),
    }
  } catch (error) {
    await opened.close()
    throw error
  }
}

async function countBids(pool: ServiceDatabase<Record<string, never>>['pool']): Promise<number> {
  const { rows } = await pool.query<{ count: bigint }>('select count(*) from bid')
  return Number(rows[0]?.count)
}

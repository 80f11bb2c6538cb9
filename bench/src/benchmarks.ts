import { measureAuction } from './auction.ts'
import { measureBids } from './bids.ts'
import { measureClosing } from './closing.ts'
import { measureEnrollments } from './enrollments.ts'
import { measureGateway } from './gateway/gateway.ts'
import { runGatewaySoak } from './gateway/soak.ts'
import { measureImport } from './import.ts'
import type { Load } from './load.ts'
import { runMarketMix } from './market-mix.ts'
import { measurePictures } from './pictures/pictures.ts'
import { measureLogin, measureRegistration } from './password-hashing.ts'
import { measureReadsUnderLogin } from './reads-under-login.ts'
import { measureOpenId } from './openid.ts'
import { measureReplicas } from './replicas.ts'
import { measureRevocation } from './revocation.ts'
import { measureRoll } from './roll.ts'

export interface Benchmark {
  /** What it measures, in a line. */
  readonly summary: string
  /** Runs it and returns its report. */
  run(load: Load): Promise<string>
}

/** The benchmarks by name. */
export const benchmarks: Readonly<Record<string, Benchmark>> = {
  registration: { summary: 'registrations beside bare argon2id hashing', run: measureRegistration },
  login: { summary: 'sign-ins beside bare argon2id verification', run: measureLogin },
  'reads-under-login': { summary: 'a cheap read while 200 sign-ins queue, beside idle', run: measureReadsUnderLogin },
  roll: { summary: 'rolls, one after the other and many at once', run: measureRoll },
  auction: { summary: 'new auctions, and bids one after the other', run: measureAuction },
  bids: { summary: 'bids on a thousand auctions and on one, beside pgbench', run: measureBids },
  closing: { summary: 'how long after their end auctions are delivered and paid', run: measureClosing },
  revocation: { summary: 'how long after a logout its token is refused everywhere', run: measureRevocation },
  openid: { summary: 'tokens for clients and renewed ones, beside oidc-provider alone', run: measureOpenId },
  replicas: { summary: 'look-ups of accounts with no, one and two standbys', run: measureReplicas },
  enrollments: { summary: 'enrollments in one section and in a thousand, beside pgbench', run: measureEnrollments },
  import: { summary: 'a hundred thousand accounts with ready hashes brought in', run: measureImport },
  gateway: {
    summary: 'processor time of a request through the gateway, beside nginx, HAProxy and proxies in Node',
    run: measureGateway,
  },
  pictures: { summary: 'pictures handed out beside nginx, and the memory that takes', run: measurePictures },
  'gateway-soak': { summary: 'whether the gateway stays as it is under load for a while', run: runGatewaySoak },
  'market-mix': { summary: 'a market in full swing: what each route does under mixed load', run: runMarketMix },
}

import { type Call, createClient, ServiceUnreachable, type TransportReply } from '@sallyport/contracts'

/** What the wallet keeps under the id of a roll. */
type Charge = 'charged' | 'refused' | 'voided'

/** What happens to one charge on its way: the wallet's answer is made by `charge`. */
export type Incident = (charge: () => TransportReply) => Promise<TransportReply>

/** The wallet as gacha sees it: another service, which answers by its contract, and at times not at all. */
export interface WalletStandIn {
  readonly call: Call
  /** What each player has, in TUX. Who is not in it is unknown to the wallet. */
  readonly tux: Map<string, number>
  readonly charges: ReadonlyMap<string, Charge>
  /** How often charges were asked to be made void. */
  readonly voidings: () => number
  /** How the next charges fare; when none is planned, all goes well. */
  readonly plan: Incident[]
  /** While true the wallet answers nothing. */
  away: boolean
}

const price = 10

export function standInWallet(): WalletStandIn {
  const tux = new Map<string, number>()
  const charges = new Map<string, Charge>()
  const plan: Incident[] = []
  let voidings = 0

  function charge(rollId: string, uid: string): TransportReply {
    const earlier = charges.get(rollId)
    if (earlier === 'charged') return reply(200, { outcome: 'charged' })
    if (earlier === 'refused') return refusal(402, 'not-enough-tux')
    if (earlier === 'voided') return refusal(409, 'transfer-conflict')
    const balance = tux.get(uid)
    if (balance === undefined) return refusal(404, 'unknown-player')
    charges.set(rollId, balance < price ? 'refused' : 'charged')
    if (balance < price) return refusal(402, 'not-enough-tux')
    tux.set(uid, balance - price)
    return reply(200, { outcome: 'charged' })
  }

  function makeVoid(rollId: string): TransportReply {
    voidings++
    if (!charges.has(rollId)) charges.set(rollId, 'voided')
    return reply(200, { outcome: charges.get(rollId) === 'charged' ? 'charged' : 'not-charged' })
  }

  const wallet: WalletStandIn = {
    tux,
    charges,
    plan,
    away: false,
    voidings: () => voidings,
    call: createClient({
      credential: () => 'gacha',
      transport: {
        async send({ method, path, body }) {
          if (wallet.away) throw new ServiceUnreachable('the wallet is away')
          const rollId = path.split('/').at(-1) ?? ''
          if (method === 'DELETE') return makeVoid(rollId)
          const { uid }: { uid?: unknown } = Object(JSON.parse(body ?? ''))
          const incident = plan.shift() ?? (async (charge) => charge())
          return incident(() => charge(rollId, String(uid)))
        },
      },
    }),
  }
  return wallet
}

function reply(status: number, body: unknown): TransportReply {
  return { status, body: JSON.stringify(body) }
}

function refusal(status: number, code: string): TransportReply {
  return reply(status, { title: 'refused', status, code })
}

/** The answer gets lost: the player was charged, and gacha does not know. */
export const loseAnswer: Incident = async (charge) => {
  charge()
  throw new ServiceUnreachable('no answer within 5000 ms')
}

/** The request gets lost: the player was not charged, and gacha does not know. */
export const loseRequest: Incident = async () => {
  throw new ServiceUnreachable('no answer within 5000 ms')
}

/** Holds the charge, or its answer, back until `release` is called; `reached` tells when it got there. */
export function holdBack(what: 'request' | 'answer') {
  const gate = Promise.withResolvers<void>()
  const arrival = Promise.withResolvers<void>()
  const incident: Incident = async (charge) => {
    const early = what === 'answer' ? charge() : undefined
    arrival.resolve()
    await gate.promise
    return early ?? charge()
  }
  return { incident, reached: arrival.promise, release: gate.resolve }
}

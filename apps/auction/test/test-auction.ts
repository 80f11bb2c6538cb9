import { createClient, wholeScope } from '@sallyport/contracts'
import { type AccountId, newId, parseId, systemClock } from '@sallyport/kernel'
import type { Service } from '@sallyport/service'
import { pino } from 'pino'
import { buildAuction } from '../src/index.ts'
import { type AuctionRows, createAuctionRows } from './auction-rows.ts'

export interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** Auctions on a database of their own, between a wallet and a gacha service that say yes to everything. */
export interface TestAuction {
  readonly rows: AuctionRows
  readonly service: Service
  /** What the wallet and gacha were asked, as the paths and the bodies. */
  readonly asked: readonly string[]
  asService(name: string, method: 'GET' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer>
  asPlayer(uid: string, path: string, body: unknown): Promise<Answer>
  asAdministrator(path: string, body: unknown): Promise<Answer>
  /** Somebody who may take part. */
  newPlayer(): Promise<AccountId>
  /** Keeps questions to the wallet and gacha whose path has this in it from being answered. */
  holdBack(part: string): { readonly reached: Promise<void>; release(): void }
  stop(): Promise<void>
}

const answers: readonly (readonly [path: string, answer: (body: Readonly<Record<string, unknown>>) => unknown])[] = [
  ['offer-batches', ({ offers }) => ({ outcomes: listOf(offers).map(() => 'held') })],
  ['hold-settlements', ({ settlements }) => ({ outcomes: listOf(settlements).map(() => 'captured') })],
  ['escrow-lookups', ({ auction_ids }) => ({ states: listOf(auction_ids).map(() => 'kept') })],
  ['escrow-settlements', ({ settlements }) => ({ outcomes: listOf(settlements).map(() => 'given') })],
  ['escrows', () => ({ outcome: 'taken' })],
]

export async function startAuction(): Promise<TestAuction> {
  const rows = await createAuctionRows()
  const asked: string[] = []
  const gates = new Map<string, { readonly arrive: () => void; readonly opened: Promise<void> }>()
  const neighbour = createClient({
    credential: () => 'auction',
    transport: {
      async send({ path, body = '' }) {
        asked.push(`${path} ${body}`)
        for (const [part, { arrive, opened }] of gates)
          if (path.includes(part)) {
            arrive()
            await opened
          }
        const answer = answers.find(([part]) => path.includes(part))?.[1](objectOf(JSON.parse(body)))
        return { status: 200, body: JSON.stringify(answer) }
      },
    },
  })
  const service = await buildAuction({
    database: rows.test.database,
    // A test's token says in plain text who calls.
    authentication: {
      account: async (authorization) => ({
        kind: 'account',
        accountId: parseId<AccountId>(nameIn(authorization)) ?? newId(),
        sessionId: newId(),
        username: nameIn(authorization),
        role: nameIn(authorization) === 'administrator' ? 'admin' : 'user',
        roles: ['user'],
        scopes: [wholeScope],
        expiresAt: Number.MAX_SAFE_INTEGER,
      }),
      service: async (authorization) =>
        authorization === undefined ? 'missing' : { kind: 'service', name: nameIn(authorization) },
    },
    wallet: neighbour,
    gacha: neighbour,
    log: pino({ level: 'silent' }),
    clock: systemClock,
  })

  async function send(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, as: string, body?: unknown) {
    const { status, body: read } = await service.inject({
      method,
      path,
      headers: { authorization: `Bearer ${as}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status, body: objectOf(JSON.parse(read)) }
  }

  return {
    rows,
    service,
    asked,
    asService: (name, method, path, body) => send(method, path, name, body),
    asPlayer: (uid, path, body) => send('POST', path, uid, body),
    asAdministrator: (path, body) => send('PATCH', path, 'administrator', body),
    async newPlayer() {
      const uid = newId<AccountId>()
      await send('PUT', `/internal/auction/players/${uid}`, 'identity')
      return uid
    },
    holdBack(part) {
      const [arrival, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      gates.set(part, { arrive: arrival.resolve, opened: gate.promise })
      return {
        reached: arrival.promise,
        release() {
          gates.delete(part)
          gate.resolve()
        },
      }
    },
    async stop() {
      await service.stop()
      await rows.test.drop()
    },
  }
}

function nameIn(authorization = ''): string {
  return authorization.replace('Bearer ', '')
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return Object(value)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

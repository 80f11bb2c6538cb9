import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { type Call, scopesOf, services, ServiceUnreachable } from '@sallyport/contracts'
import { openDatabase, openReplicas, type Replicas, type ReplicasOptions } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import {
  accountIssuer,
  createAuthentication,
  createKeySet,
  createServiceCredential,
  createServiceIdentification,
  emptyMetrics,
  type Metrics,
  platformAudience,
  publicJwkOf,
  RevocationList,
  type Service,
} from '@sallyport/service'
import { type Clock, systemClock } from '@sallyport/kernel'
import { pino } from 'pino'
import { expect } from 'vitest'
import {
  buildIdentity,
  type Identity,
  type IdentityDatabase,
  type IdentityParts,
  type Letter,
  type Mailer,
  migrations,
} from '../src/index.ts'
import { digestOf } from '../src/proofs/link-store.ts'

const log = pino({ level: 'silent' })
const issuer = 'https://sallyport.test'

/** Begins a transaction that stays open while passwords are hashed, which takes its time at the lowest priority. */
export const beginPatiently = 'begin; set local idle_in_transaction_session_timeout = 0'

/** The keys of services that call identity. */
const serviceKeys = {
  gateway: makeServiceKey('gateway'),
  wallet: makeServiceKey('wallet'),
}

function makeServiceKey(service: string) {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { service, privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
}

/** What a service of the platform proves itself with to another one. */
export function credentialOf(service: keyof typeof serviceKeys, callee = 'identity'): string {
  return createServiceCredential(serviceKeys[service], callee, systemClock)()
}

/** What the gateway adds to a request whose answer it signs. */
export function fromGateway(): Record<string, string> {
  return { 'x-gateway-credential': credentialOf('gateway') }
}

/** A service that accounts have something at: remembers what it was asked, and fails as long as it is told to. */
export interface Receiver {
  readonly call: Call
  readonly heard: string[]
  /** What it answers to a route, by its name; otherwise that something is open. */
  readonly answers: Map<string, (input: unknown) => unknown>
  away: boolean
}

/** Stands where another service is: its client is the edge of identity. */
export function receiver(): Receiver {
  const heard: string[] = []
  const answers: Receiver['answers'] = new Map()
  const state: Receiver = {
    heard,
    answers,
    away: false,
    async call(route, input) {
      const uid: unknown =
        Reflect.get(Object(Reflect.get(Object(input), 'params')), 'uid') ??
        Reflect.get(Object(Reflect.get(Object(input), 'body')), 'uid')
      heard.push(`${route.name} ${String(uid)}`)
      if (state.away) throw new ServiceUnreachable('away')
      const usual = route.name === 'erasePerson' ? { removed: { things: 1 }, anonymous: {} } : { state: 'open' }
      const reply: unknown = { status: 200, body: answers.get(route.name)?.(input) ?? usual }
      if (!isReply<Awaited<ReturnType<typeof state.call<typeof route>>>>(reply)) throw new TypeError()
      return reply
    },
  }
  return state
}

function isReply<T>(reply: unknown): reply is T {
  return typeof reply === 'object'
}

export type ReceiverName = 'wallet' | 'gacha' | 'auction' | 'enrollment' | 'pictures'

export interface TestIdentity extends Readonly<Record<ReceiverName, Receiver>> {
  readonly identity: Identity
  readonly service: Service
  readonly copies: Replicas<IdentityDatabase>
  /** What this instance has sent. */
  readonly letters: readonly Letter[]
  readonly testDatabase: TestDatabase<IdentityDatabase>
  readonly masterKey: Uint8Array
  stop(): Promise<void>
}

/** The secret of the last letter to somebody, once so many were sent and its link counts. */
export async function secretFor(
  { letters, testDatabase }: Pick<TestIdentity, 'letters' | 'testDatabase'>,
  email: string,
  sent = 1,
): Promise<string> {
  const own = () => letters.filter(({ to }) => to === email)
  await expect.poll(() => own().length).toBe(sent)
  const secret = /\/(?:validate|password-resets)\/(\S+)/.exec(own().at(-1)?.text ?? '')?.[1] ?? ''
  // A letter is sent before its link is committed.
  const links = () => testDatabase.database.pool.query('select from email_link where digest = $1', [digestOf(secret)])
  await expect.poll(async () => (await links()).rowCount).toBe(1)
  return secret
}

const defaultHashing: IdentityParts['passwordHashing'] = {
  newHashes: { algorithm: 'argon2id', pbkdf2Iterations: 260_000 },
}

/** What a test sets up in its own way. */
export interface TestOptions {
  readonly passwordHashing?: IdentityParts['passwordHashing']
  readonly clock?: Clock
  readonly hookUrl?: string
  readonly metrics?: Metrics
  readonly pictures?: Partial<IdentityParts['pictures']>
  /** How often one client may have letters sent; as often as it likes unless told otherwise. */
  readonly linkRates?: IdentityParts['linkRates']
  /** The copies of the database; there is only the one to write to unless told otherwise. */
  readonly copies?: Pick<ReplicasOptions, 'standbys'>
  readonly startsOn?: IdentityParts['startsOn']
  readonly lateLoginsFile?: string
}

/** Identity on a database of its own. A second one can be put on the same database. */
export async function startIdentity(
  shared?: Partial<Pick<TestIdentity, 'testDatabase' | 'masterKey' | ReceiverName>>,
  options: TestOptions = {},
): Promise<TestIdentity> {
  const { clock = systemClock, hookUrl, metrics = emptyMetrics(), passwordHashing = defaultHashing } = options
  const testDatabase =
    shared?.testDatabase ?? (await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations }))
  const masterKey = shared?.masterKey ?? randomBytes(32)
  const wallet = shared?.wallet ?? receiver()
  const gacha = shared?.gacha ?? receiver()
  const auction = shared?.auction ?? receiver()
  const enrollment = shared?.enrollment ?? receiver()
  const pictures = shared?.pictures ?? receiver()
  const letters: Letter[] = []
  const mailer: Mailer = {
    send: async (letter) => void letters.push(letter),
    forget: async (address) =>
      void letters.splice(0, letters.length, ...letters.filter(({ to }) => to.toLowerCase() !== address.toLowerCase())),
  }
  const revocations = new RevocationList(clock)
  const known: { identity?: Identity } = {}
  const accountKeys = createKeySet({
    issuer,
    audience: platformAudience,
    algorithms: ['RS256'],
    fetchKeys: async () => known.identity?.publicKeys() ?? [],
    clock,
  })
  const { connection } = testDatabase
  const database = openDatabase<IdentityDatabase>({ connection, service: 'identity' })
  const copies = openReplicas<IdentityDatabase>({
    service: 'identity',
    primary: connection,
    standbys: [],
    ...options.copies,
  })
  const close = async (): Promise<void> => {
    await copies.close()
    await database.close()
  }
  const identity = await buildIdentity({
    database,
    copies,
    lateLoginsFile: options.lateLoginsFile,
    ...(options.startsOn && { startsOn: options.startsOn }),
    authentication: createAuthentication({
      issuers: { identity: accountIssuer(accountKeys) },
      revocations,
      identifyService: createServiceIdentification({
        audience: 'identity',
        callers: Object.keys(serviceKeys),
        keyOf: async (name) =>
          Object.values(serviceKeys)
            .map(publicJwkOf)
            .find(({ kid }) => kid === name),
        clock: systemClock,
      }),
    }),
    members: {
      wallet: wallet.call,
      gacha: gacha.call,
      auction: auction.call,
      enrollment: enrollment.call,
      pictures: pictures.call,
    },
    erasureSettleMs: 0,
    retention: { auditDays: 0, deletedAccountDays: 0, accessDays: 0 },
    log,
    clock,
    issuer,
    masterKey,
    tokenKeys: { algorithm: 'RS256', rotationDays: 0 },
    mailer,
    hookUrl,
    passwordHashing,
    metrics,
    accountsSurface: {
      pageSize: 3,
      reservedNames: ['admin'],
      passwordEncoding: 'plain',
      version: 'test',
    },
    enrollment: { issuer: 'auth.local.gd', audience: 'krakend.local.gd', lifeSeconds: 1200 },
    pictures: { bindsKeys: true, ...options.pictures },
    linkRates: options.linkRates ?? [],
    callPrivateAddresses: false,
    keyScopes: scopesOf(services),
  }).catch(async (error: unknown) => {
    await close()
    throw error
  })
  known.identity = identity
  const following = await identity.revocations.subscribe((news, silentMs) => revocations.apply(news, silentMs))
  return {
    identity,
    service: identity.service,
    copies,
    wallet,
    gacha,
    auction,
    enrollment,
    pictures,
    letters,
    testDatabase,
    masterKey,
    async stop() {
      following.stop()
      await identity.service.stop()
      await close()
    },
  }
}

import type { Clock } from '@sallyport/kernel'
import {
  accountIssuer,
  createAuthentication,
  createKeySet,
  createService,
  handle,
  keysVersion,
  ok,
  type PublicJwk,
  type Revocation,
  RevocationList,
  type Service,
} from '@sallyport/service'
import { pino } from 'pino'
import { describe } from 'vitest'
import { openDoors } from '../doors.ts'
import { atDesk, atStall, forAdministrators, forInstructors, house, raw, watch } from './contract.ts'
import { makeSigningKey, type SigningKey } from './signing-key.ts'
import { type Arrival, type Mode, modes, wayTo } from './ways.ts'

/*
 * One suite for both ways to a service: the same doors, the same service made by `createService`, called in the same
 * process or over HTTP, with key sets and lists of revocations of its own as in another process.
 */

export const issuerName = 'https://sallyport.test'
export const accountId = '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11'
export const sessionId = '0b9a2a55-0c43-4a8e-9d6b-5a4f3f6f7a22'

export interface Keys {
  readonly RS256: SigningKey
  readonly ES256: SigningKey
  readonly EdDSA: SigningKey
}

export interface House {
  readonly door: string
  readonly keys: Keys
  readonly clock: Clock & { set(date: Date): void }
  /** What reached the service since this was emptied, and `what is no request` for bytes that are none. */
  readonly arrivals: Arrival[]
  /** The claims of a token that counts, or would but for these. */
  claims(changed?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>
  /** A token that counts. */
  token(changed?: Readonly<Record<string, unknown>>): string
  /** The answers to a bearer token where the door decides and where the service does. */
  verdictsOn(token: string): Promise<readonly number[]>
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** Tells everybody who verifies. */
  revoke(...revocations: readonly Omit<Revocation, 'sequence'>[]): void
  /** Publishes these keys alone, and tells everybody who verifies. */
  publish(...keys: readonly SigningKey[]): Promise<void>
}

/** The same tests for both ways to a service. */
export function inBothModes(name: string, tests: (house: House, mode: Mode) => void): void {
  describe.each(modes)(`${name}, %s:`, async (mode) => tests(await openHouse(mode), mode))
}

export async function openHouse(mode: Mode, options: Parameters<typeof openDoors>[1] = {}): Promise<House> {
  const keys: Keys = {
    RS256: makeSigningKey('RS256'),
    ES256: makeSigningKey('ES256'),
    EdDSA: makeSigningKey('EdDSA'),
  }
  let now = new Date()
  const clock = { now: () => now, set: (date: Date) => void (now = date) }
  let published: readonly PublicJwk[] = Object.values(keys).map(({ jwk }) => jwk)
  const atDoor = newVerifier(clock, () => published)
  // A process of its own has keys and revocations of its own.
  const atService = mode === 'in process' ? atDoor : newVerifier(clock, () => published)
  const service = await newService(atService.authentication)
  const { dispatcher, arrivals } = await wayTo(mode, (request, response) => service.handle(request, response))
  const { addresses } = await openDoors(dispatcher, {
    contracts: [house],
    dispatchers: new Map([['house', dispatcher]]),
    authentication: atDoor.authentication,
    clock,
    ...options,
  })
  const door = addresses.public

  const claims: House['claims'] = (changed = {}) => {
    const seconds = Math.floor(now.getTime() / 1000)
    return {
      iss: issuerName,
      aud: 'sallyport',
      sub: accountId,
      sid: sessionId,
      jti: crypto.randomUUID(),
      username: 'ada',
      role: 'user',
      roles: ['user'],
      scope: 'impersonate',
      iat: seconds,
      exp: seconds + 900,
      ...changed,
    }
  }
  const get: House['get'] = (path, headers = {}) => fetch(`${door}${path}`, { headers })
  return {
    door,
    keys,
    clock,
    arrivals,
    claims,
    get,
    token: (changed) => keys.RS256.sign(claims(changed)),
    async verdictsOn(token) {
      const headers = { authorization: `Bearer ${token}` }
      return [(await get(atDesk.path, headers)).status, (await get(atStall.path, headers)).status]
    },
    revoke(...revocations) {
      const feed = revocations.map((one, index) => ({ ...one, sequence: index + 1 }))
      for (const { list } of new Set([atDoor, atService])) list.apply(feed)
    },
    async publish(...next) {
      published = next.map(({ jwk }) => jwk)
      await Promise.all([atDoor, atService].map(({ keySet }) => keySet.catchUp(keysVersion(published))))
    },
  }
}

function newVerifier(clock: Clock, published: () => readonly PublicJwk[]) {
  const list = new RevocationList(clock)
  list.apply([])
  const keySet = createKeySet({
    issuer: issuerName,
    audience: 'sallyport',
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    fetchKeys: async () => published(),
    clock,
  })
  const authentication = createAuthentication({
    issuers: { identity: accountIssuer(keySet) },
    revocations: list,
    identifyService: async () => undefined,
  })
  return { list, keySet, authentication }
}

function newService(authentication: Parameters<typeof createService>[0]['authentication']): Promise<Service> {
  return createService({
    contract: house,
    authentication,
    log: pino({ level: 'silent' }),
    routes: [
      ...[atDesk, atStall, forAdministrators, forInstructors].map((route) =>
        handle(route, async ({ caller }) => ok({ ...caller, roles: [...caller.roles], scopes: [...caller.scopes] })),
      ),
      handle(watch, async () => ok({ subscribe: () => () => undefined })),
    ],
    mounts: {
      [raw.name](request, response) {
        const chunks: Buffer[] = []
        request.on('data', (chunk: Buffer) => chunks.push(chunk))
        request.on('end', () => {
          response.writeHead(201, { 'content-type': 'application/json', 'x-from': 'service' })
          const { method, url, headers, rawHeaders } = request
          response.end(JSON.stringify({ method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString() }))
        })
      },
    },
  })
}

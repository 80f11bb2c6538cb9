import { generateKeyPairSync } from 'node:crypto'
import { createClient, gateway } from '@sallyport/contracts'
import {
  createAuthentication,
  createRevocationRelay,
  createServiceCredential,
  createServiceIdentification,
  httpTransport,
  KeysUnavailable,
  pollGateway,
  type PublicJwk,
  publicJwkOf,
  type Revocation,
  RevocationList,
} from '@sallyport/service'
import { systemClock as clock } from '@sallyport/kernel'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { signing } from '../src/index.ts'

const log = pino({ level: 'silent' })
const made = await signing.makeKey('own')
const keys = signing.createGatewayKeys({ private: [made.private], public: [made.public] })
const ofAccounts: PublicJwk = { kty: 'RSA', kid: 'account', alg: 'RS256', n: 'n', e: 'AQAB' }
let accountKeys: readonly PublicJwk[] | undefined = [ofAccounts]
let silentMs = 0

/** A service’s own key. */
const keyOf = (service: string) => ({
  service,
  privateKeyPem: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
})
const callers = { enrollment: keyOf('enrollment'), wallet: keyOf('wallet') }

/** The gateway’s own service, as it is after a start. */
async function startGateway() {
  const relay = createRevocationRelay(clock)
  const service = await signing.buildPublishing({
    keys,
    accountKeys() {
      if (!accountKeys) throw new KeysUnavailable('not yet')
      return accountKeys
    },
    publicUrl: 'https://gate.test',
    contracts: [],
    relay: { revocations: relay, silentMs: () => silentMs },
    authentication: createAuthentication({
      issuers: {},
      revocations: new RevocationList(clock),
      identifyService: createServiceIdentification({
        audience: 'gateway',
        callers: ['enrollment', 'wallet'],
        keyOf: async (name) => publicJwkOf(name === 'enrollment' ? callers.enrollment : callers.wallet),
        clock,
      }),
    }),
    log,
  })
  const url = await service.listen({ host: '127.0.0.1', port: 0 })
  stopping.push(() => service.stop())
  const callAs = (who: keyof typeof callers) =>
    createClient({
      transport: httpTransport([url]),
      credential: createServiceCredential(callers[who], 'gateway', clock),
    })
  return { relay, url, callAs }
}
const stopping: (() => Promise<void>)[] = []
afterAll(() => Promise.all(stopping.map((stop) => stop())))

const revocation = (id: string, until = 4e9): Revocation => ({ sequence: 77, kind: 'session', id, until })

describe('a service that identity knows nothing of', () => {
  it('E-9 hears from the gateway what was revoked, and soon what comes after it', async () => {
    const { relay, callAs } = await startGateway()
    relay.hear([revocation('a')])
    const list = new RevocationList(clock)
    const following = await pollGateway(callAs('enrollment'), log).revocations.subscribe((...news) =>
      list.apply(...news),
    )
    expect([list.isRevoked('a', 'ada'), list.state]).toEqual([true, 'ready'])
    relay.hear([revocation('b')])
    await expect.poll(() => list.isRevoked('b', 'ada')).toBe(true)
    following.stop()
  })

  it('E-10 hears it although the gateway does not hear identity, and knows that it may not be all', async () => {
    const { relay, callAs } = await startGateway()
    relay.hear([revocation('a')])
    silentMs = Number.POSITIVE_INFINITY
    const list = new RevocationList(clock)
    const following = await pollGateway(callAs('enrollment'), log).revocations.subscribe((...news) =>
      list.apply(...news),
    )
    expect([list.isRevoked('a', 'ada'), list.state]).toEqual([true, 'lost'])
    silentMs = 60_000
    await expect.poll(() => list.silentMs).toBeLessThan(90_000)
    expect([list.state, list.silentMs >= 60_000]).toEqual(['lost', true])
    silentMs = 0
    await expect.poll(() => list.state).toBe('ready')
    following.stop()
  })

  it('E-9 E-47 has the keys of both issuers from the gateway, apart, and hears when they change', async () => {
    const { callAs } = await startGateway()
    const heard = pollGateway(callAs('enrollment'), log)
    expect([await heard.keys.fetch(), await heard.gatewayKeys.fetch()]).toEqual([[ofAccounts], [made.public]])
    const versions = new Set<string>()
    const watching = heard.keys.watch(async (version) => void versions.add(version))
    const following = await heard.revocations.subscribe(() => undefined)
    accountKeys = [{ ...ofAccounts, kid: 'next' }]
    await expect.poll(() => versions.size).toBe(2)
    watching.stop()
    following.stop()
  })

  it('E-10 has the gateway’s keys although those of identity were never heard', async () => {
    const { callAs } = await startGateway()
    accountKeys = undefined
    const heard = pollGateway(callAs('enrollment'), log)
    await expect(heard.keys.fetch()).rejects.toThrow('not heard')
    expect(await heard.gatewayKeys.fetch()).toEqual([made.public])
    accountKeys = [ofAccounts]
  })

  it('is the only one that may ask', async () => {
    const { url, callAs } = await startGateway()
    await expect(callAs('wallet')(gateway.relayKeys, {})).rejects.toMatchObject({ status: 403 })
    await expect(callAs('wallet')(gateway.relayRevocations, { query: { after: 0 } })).rejects.toMatchObject({
      status: 403,
    })
    expect((await fetch(`${url}/internal/gateway/revocations?after=0`)).status).toBe(401)
  })
})

describe('the relay of revocations', () => {
  it('tells each only once, and again when it holds for longer', () => {
    const relay = createRevocationRelay(clock)
    relay.hear([revocation('a'), revocation('b')])
    relay.hear([revocation('a')])
    const first = relay.read(0).revocations
    expect(first.map(({ id }) => id)).toEqual(['a', 'b'])
    relay.hear([revocation('a', 5e9)])
    const place = first.at(-1)?.sequence ?? 0
    expect(relay.read(place).revocations).toMatchObject([{ id: 'a', until: 5e9 }])
  })

  it('tells at most a thousand at once, none of them twice and none never', () => {
    const relay = createRevocationRelay(clock)
    relay.hear(Array.from({ length: 2500 }, (_, index) => revocation(String(index))))
    const told: string[] = []
    for (let after = 0, page = relay.read(0); page.revocations.length > 0; page = relay.read(after)) {
      expect(page.revocations.length).toBeLessThanOrEqual(1000)
      told.push(...page.revocations.map(({ id }) => id))
      after = page.revocations.at(-1)?.sequence ?? after
    }
    expect(told).toEqual(Array.from({ length: 2500 }, (_, index) => String(index)))
  })

  it('forgets what concerns no token any more', () => {
    const still = { time: 1_000_000, now: () => new Date(still.time * 1000) }
    const relay = createRevocationRelay(still)
    relay.hear([revocation('short', still.time + 10), revocation('long', still.time + 1000)])
    still.time += 61
    relay.hear([])
    expect(relay.read(0).revocations.map(({ id }) => id)).toEqual(['long'])
  })

  it('is another feed after another start', () => {
    expect(createRevocationRelay(clock).read(0).feed).not.toBe(createRevocationRelay(clock).read(0).feed)
  })
})

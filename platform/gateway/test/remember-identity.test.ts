import { openDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import type { PublicJwk, Revocation } from '@sallyport/service'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type GatewayDatabase, migrations, type Remembering, rememberIdentity } from '../src/index.ts'

const log = pino({ level: 'silent' })
const noon = Date.UTC(2026, 5, 1, 12)
const clock = { time: noon, now: () => new Date(clock.time) }
beforeEach(() => void (clock.time = noon))

let testDatabase: TestDatabase<GatewayDatabase>
beforeAll(async () => {
  testDatabase = await createTestDatabase<GatewayDatabase>({ service: 'gateway', migrations })
})
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
  await testDatabase.database.pool.query('delete from heard_keys; delete from heard_revocation')
})
afterAll(() => testDatabase.drop())
const ending: (() => Promise<void>)[] = []

const key = (kid: string): PublicJwk => ({ kty: 'RSA', kid, alg: 'RS256', n: 'n', e: 'AQAB' })
const revocation = (id: string, seconds = 60): Revocation => ({
  sequence: 1,
  kind: 'session',
  id,
  until: noon / 1000 + seconds,
})

/** Identity as a gateway hears it, while it is there. */
function makeIdentity() {
  let tell: ((revocations: readonly Revocation[]) => void) | undefined
  const identity = {
    isAway: false,
    keys: [key('first')],
    revoke: (...revocations: Revocation[]) => tell?.(revocations),
  }
  const heard = {
    keys: {
      async fetch() {
        if (identity.isAway) throw new Error('identity is away')
        return identity.keys
      },
      watch: () => ({ stop: () => undefined }),
    },
    revocations: {
      async subscribe(listener: (revocations: readonly Revocation[]) => void) {
        tell = listener
        return { stop: () => undefined }
      },
    },
  }
  return { identity, heard }
}

/** A gateway that starts, on the same database as all others, and what it has heard of so far. */
async function startGateway(away: boolean) {
  const { identity, heard } = makeIdentity()
  identity.isAway = away
  const database = openDatabase<GatewayDatabase>({ connection: testDatabase.connection, service: 'gateway' })
  const remembering: Remembering = rememberIdentity(heard, { database, clock, log })
  const known: string[] = []
  const silences: (number | undefined)[] = []
  await remembering.revocations.subscribe((news, silentMs) => {
    known.push(...news.map(({ kind, id, until }) => `${kind} ${id} ${until - noon / 1000}`))
    silences.push(silentMs)
  })
  ending.push(async () => {
    await remembering.close()
    await database.close()
  })
  return { identity, remembering, known, silences }
}

/** One that has heard these keys and revocations, and ended. */
async function leaveBehind(...revocations: Revocation[]): Promise<void> {
  const { identity, remembering } = await startGateway(false)
  await remembering.keys.fetch()
  identity.revoke(...revocations)
  await remembering.close()
  // What came while something was being written is written when something is heard again.
  identity.revoke()
  await remembering.close()
}

describe('a gateway that starts while identity is away', () => {
  it('E-10 knows the keys and what was revoked, as another one heard them', async () => {
    await leaveBehind(revocation('a'), { ...revocation('b'), kind: 'account' })
    const { remembering, known } = await startGateway(true)
    expect(await remembering.keys.fetch()).toEqual([key('first')])
    expect(known.toSorted()).toEqual(['account b 60', 'session a 60'])
  })

  it('does not say that it has heard of identity', async () => {
    await leaveBehind(revocation('a'))
    expect((await startGateway(true)).silences).toEqual([Number.POSITIVE_INFINITY])
  })

  it('knows no keys when none were ever heard', async () => {
    const { remembering } = await startGateway(true)
    await expect(remembering.keys.fetch()).rejects.toThrow('identity is away')
  })

  it('takes the keys of identity when it is back, and none that are older from then on', async () => {
    await leaveBehind()
    const { identity, remembering } = await startGateway(true)
    await remembering.keys.fetch()
    Object.assign(identity, { isAway: false, keys: [key('second')] })
    expect(await remembering.keys.fetch()).toEqual([key('second')])
    identity.isAway = true
    await expect(remembering.keys.fetch()).rejects.toThrow('identity is away')
    await remembering.close()
    expect(await (await startGateway(true)).remembering.keys.fetch()).toEqual([key('second')])
  })

  it('has forgotten what concerns no token any more', async () => {
    await leaveBehind(revocation('short', 10), revocation('long', 100))
    clock.time = noon + 11_000
    expect((await startGateway(true)).known).toEqual(['session long 100'])
    await leaveBehind(revocation('other', 100))
    const { rows } = await testDatabase.database.pool.query('select id from heard_revocation order by id')
    expect(rows).toEqual([{ id: 'long' }, { id: 'other' }])
  })

  it('drops it while nobody else is signed out', async () => {
    const { identity, remembering } = await startGateway(false)
    identity.revoke(revocation('short', 10), revocation('long', 100))
    await remembering.close()
    clock.time = noon + 61_000
    identity.revoke()
    await remembering.close()
    const { rows } = await testDatabase.database.pool.query('select id from heard_revocation')
    expect(rows).toEqual([{ id: 'long' }])
  })

  it('keeps the later end of what was revoked twice, in whichever order', async () => {
    await leaveBehind(revocation('a', 50), revocation('b', 100))
    await leaveBehind(revocation('b', 50), revocation('a', 100), revocation('a', 20))
    expect((await startGateway(true)).known.toSorted()).toEqual(['session a 100', 'session b 100'])
  })

  it('knows more than what one statement writes', async () => {
    await leaveBehind(...Array.from({ length: 2500 }, (_, index) => revocation(String(index))))
    expect((await startGateway(true)).known).toHaveLength(2500)
  })
})

async function rename(from: string, to: string): Promise<void> {
  const owner = openDatabase<GatewayDatabase>({ connection: testDatabase.ownerConnection, service: 'owner' })
  await owner.pool.query(`alter table ${from} rename to ${to}`)
  await owner.close()
}

it('a gateway that cannot read what was revoked before is told nothing of it until identity tells', async () => {
  await leaveBehind(revocation('a'))
  await rename('heard_revocation', 'away')
  try {
    const { identity, known, silences } = await startGateway(true)
    expect(silences).toEqual([])
    identity.revoke(revocation('b'))
    expect([known, silences.length]).toEqual([['session b 60'], 1])
  } finally {
    await rename('away', 'heard_revocation')
  }
})

it('a gateway that cannot write down what it hears tells it all the same, and writes it when it can', async () => {
  const { identity, remembering, known } = await startGateway(false)
  await rename('heard_revocation', 'away')
  identity.revoke(revocation('a'))
  await remembering.close()
  expect(known).toEqual(['session a 60'])
  await rename('away', 'heard_revocation')
  identity.revoke()
  await remembering.close()
  expect((await startGateway(true)).known).toEqual(['session a 60'])
})

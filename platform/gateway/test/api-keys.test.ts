import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Authentication } from '@sallyport/service'
import { pino } from 'pino'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ApiKeyGate, createApiKeyGate } from '../src/api-keys/api-key-gate.ts'
import type { ExchangedKey, KeyIssuer, KeyUse, NoToken } from '../src/api-keys/issuer.ts'
import { RequestOrigin } from '../src/request-origin.ts'
import { authentication } from './support.ts'

const noon = Date.UTC(2026, 5, 1, 12)
const clock = { time: noon, now: () => new Date(clock.time) }
const good = 'k'.repeat(40)
const other = (index: number): string => String(index).padStart(40, 'x')

/** Identity, as the gateway knows it: what it gives for any key, and what it was asked. */
let gives: ExchangedKey | NoToken
let asked: string[]
let guests: number
let told: KeyUse[]
let answer: Promise<void>
const issuer: KeyIssuer = {
  async exchange(digest) {
    asked.push(digest)
    await answer
    return gives
  },
  admitGuest: async () => ({ token: `guest ${(guests += 1)}`, expiresAtMs: clock.time + 300_000 }),
  recordUses: async (uses) => void told.push(...uses),
}
let ended: Set<string>
const who: Authentication = {
  ...authentication,
  account: async (authorization) =>
    ended.has(authorization ?? '') ? 'invalid' : authentication.account('Bearer good'),
}
let gate: ApiKeyGate

beforeEach(() => {
  clock.time = noon
  gives = { id: 'one', token: 'first', expiresAtMs: noon + 300_000, networks: [] }
  asked = []
  guests = 0
  told = []
  ended = new Set()
  answer = Promise.resolve()
  gate = createApiKeyGate({ issuer, authentication: who, clock, log: pino({ level: 'silent' }) })
})

function newRequest(): IncomingMessage {
  return new IncomingMessage(new Socket())
}
const admitted = { keyId: 'one' }
const admit = async (key: string, address = '192.0.2.1') =>
  gate.admit(newRequest(), key, new RequestOrigin(address, 'http'))

describe('a key', () => {
  it('gives way to the token that was made for it', async () => {
    const request = newRequest()
    expect(await gate.admit(request, good, new RequestOrigin('192.0.2.1', 'http'))).toEqual(admitted)
    expect(request.headers.authorization).toBe('Bearer first')
    expect(request.rawHeaders).toEqual(['authorization', 'Bearer first'])
  })

  it('is asked about once a minute, by its digest, however many come at once', async () => {
    await Promise.all(Array.from({ length: 20 }, () => admit(good)))
    clock.time = noon + 59_000
    await admit(good)
    expect(asked).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
    clock.time = noon + 60_001
    await admit(good)
    expect(asked).toHaveLength(2)
  })

  it('is known no longer than its token counts', async () => {
    gives = { id: 'one', token: 'first', expiresAtMs: noon + 10_000, networks: [] }
    await admit(good)
    clock.time = noon + 10_001
    gives = 'unknown'
    expect(await admit(good)).toBe('invalid')
  })

  it('whose token was ended is asked about again, and refused when it is gone', async () => {
    await admit(good)
    ended.add('Bearer first')
    gives = { id: 'one', token: 'second', expiresAtMs: noon + 300_000, networks: [] }
    const request = newRequest()
    expect(await gate.admit(request, good, new RequestOrigin('192.0.2.1', 'http'))).toEqual(admitted)
    expect(request.headers.authorization).toBe('Bearer second')
    ended.add('Bearer second')
    gives = 'unknown'
    expect(await admit(good)).toBe('invalid')
  })

  it('may be used from its addresses alone', async () => {
    gives = { id: 'one', token: 'first', expiresAtMs: noon + 300_000, networks: ['192.0.2.0/24', '2001:db8::1'] }
    expect(await admit(good, '192.0.2.77')).toEqual(admitted)
    expect(await admit(good, '2001:db8::1')).toEqual(admitted)
    expect(await admit(good, '192.0.3.1')).toBe('elsewhere')
    expect(await admit(good, '2001:db8::2')).toBe('elsewhere')
    expect(await admit(good, '')).toBe('elsewhere')
  })

  it('cannot be exchanged while identity is away, and then can', async () => {
    answer = Promise.reject(new Error('away'))
    answer.catch(() => undefined)
    expect(await admit(good)).toBe('unavailable')
    answer = Promise.resolve()
    expect(await admit(good)).toEqual(admitted)
  })
})

describe('S-24 a key that was one', () => {
  it.each(['expired', 'blocked'] as const)('is refused as %s, and asked about once in five seconds', async (why) => {
    gives = why
    expect(await admit(good)).toBe(why)
    expect(await admit(good)).toBe(why)
    expect(asked).toHaveLength(1)
    clock.time = noon + 5001
    gives = { id: 'one', token: 'first', expiresAtMs: noon + 300_000, networks: [] }
    expect(await admit(good)).toEqual(admitted)
  })

  it('makes a client wait like one that never was', async () => {
    gives = 'expired'
    for (let index = 0; index < 30; index += 1) expect(await admit(other(index))).toBe('expired')
    expect(await admit(good)).toEqual({ retryAfterSeconds: 60 })
  })
})

describe('S-34 a guest', () => {
  const admitGuest = async (): Promise<string | undefined> => {
    const request = newRequest()
    expect(await gate.admitGuest(request, 'pictures:download')).toBe('guest')
    return request.headers.authorization
  }

  it('is let in with a token that all guests share until shortly before its end', async () => {
    expect(await Promise.all([admitGuest(), admitGuest()])).toEqual(['Bearer guest 1', 'Bearer guest 1'])
    clock.time = noon + 270_000
    expect(await admitGuest()).toBe('Bearer guest 2')
  })

  it('gets another token when that one was ended', async () => {
    await admitGuest()
    ended.add('Bearer guest 1')
    expect(await admitGuest()).toBe('Bearer guest 2')
  })

  it('is not counted as a use of a key', async () => {
    await admitGuest()
    await gate.close()
    expect(told).toEqual([])
  })
})

describe('what is no key', () => {
  it('is not asked about when it has not the form of one', async () => {
    for (const text of ['', 'short', 'k'.repeat(41), `${'k'.repeat(39)}!`]) expect(await admit(text)).toBe('invalid')
    expect(asked).toEqual([])
  })

  it('is asked about once in five seconds', async () => {
    gives = 'unknown'
    await admit(good)
    await admit(good)
    expect(asked).toHaveLength(1)
    clock.time = noon + 5001
    await admit(good)
    expect(asked).toHaveLength(2)
  })

  it('makes a client wait that presents thirty within a minute, and nobody else', async () => {
    gives = 'unknown'
    for (let index = 0; index < 30; index += 1) expect(await admit(other(index))).toBe('invalid')
    clock.time = noon + 20_000
    expect(await admit(other(31))).toEqual({ retryAfterSeconds: 40 })
    expect(asked).toHaveLength(30)
    expect(await admit(other(31), '192.0.2.2')).toBe('invalid')
    clock.time = noon + 60_001
    expect(await admit(other(31))).toBe('invalid')
  })

  it('counts for the whole IPv6 network that it comes from', async () => {
    gives = 'unknown'
    for (let index = 0; index < 30; index += 1) await admit(other(index), `2001:db8::${index}`)
    expect(await admit(other(31), '2001:db8::ffff')).toEqual({ retryAfterSeconds: 60 })
    expect(await admit(other(31), '2001:db8:0:1::1')).toBe('invalid')
  })

  it('of which many come at once is asked about 32 at a time; the rest is told to come again', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    answer = promise
    gives = 'unknown'
    const answers = Array.from({ length: 50 }, (_, index) => admit(other(index), `192.0.2.${index}`))
    await Promise.resolve()
    expect(asked).toHaveLength(32)
    resolve()
    const said = await Promise.all(answers)
    expect(said.filter((one) => one === 'unavailable')).toHaveLength(18)
  })
})

describe('uses', () => {
  it('are counted, and told at the end', async () => {
    await admit(good)
    clock.time = noon + 1000
    await admit(good)
    await admit('no key')
    await gate.close()
    expect(told).toEqual([{ id: 'one', uses: 2, lastUsedAtMs: noon + 1000 }])
  })

  it('are given up at the end when identity does not answer', async () => {
    const hanging = { ...issuer, recordUses: async () => new Promise<void>(() => undefined) }
    gate = createApiKeyGate({ issuer: hanging, authentication: who, clock, log: pino({ level: 'silent' }) })
    await admit(good)
    await gate.close()
  })
})

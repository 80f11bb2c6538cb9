import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalForm, chainKey, formatHead, macOf, noHead, parseHead, type SealableEvent } from './chain.ts'

const event: SealableEvent = {
  id: '7',
  at: '1764111148123456',
  kind: 'sign-in.refused',
  actorKind: 'anonymous',
  actor: null,
  address: '127.0.0.1',
  subject: null,
  details: '{"on": "market"}',
  salt: null,
}

const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed())
const orNull = fc.option(text)
const anyEvent = fc.record({
  id: text,
  at: text,
  kind: text,
  actorKind: text,
  actor: orNull,
  address: orNull,
  subject: orNull,
  details: text,
  salt: orNull,
})

describe('the canonical form of an event', () => {
  it('never changes: the chains of all installations are made of it', () => {
    const digest = createHash('sha256').update(canonicalForm(event)).digest('hex')
    expect(digest).toBe('c8f33ed1539e1f413ceb828fc60d6f48274db1ac1cdd2020c8717d9a4c6c25e2')
    expect(canonicalForm(event).subarray(0, 34).toString('latin1')).toBe(
      '\x01\x00\x00\x00\x17sallyport audit event 1\x01\x00\x00\x00\x017',
    )
  })

  it('is another one for every other event', () => {
    fc.assert(
      fc.property(anyEvent, anyEvent, (one, other) => {
        const same = JSON.stringify(one) === JSON.stringify(other)
        expect(canonicalForm(one).equals(canonicalForm(other))).toBe(same)
      }),
    )
  })

  it('lets nothing run from one field into the next', () => {
    const one = canonicalForm({ ...event, kind: 'ab', actorKind: 'c' })
    expect(one.equals(canonicalForm({ ...event, kind: 'a', actorKind: 'bc' }))).toBe(false)
    expect(canonicalForm({ ...event, actor: null }).equals(canonicalForm({ ...event, actor: '' }))).toBe(false)
  })
})

describe('a link', () => {
  const key = chainKey(Buffer.alloc(32, 1))

  it('depends on the key, on the link before it and on its event', () => {
    const mac = macOf(key, noHead.mac, event)
    expect(mac).toHaveLength(32)
    expect(macOf(key, noHead.mac, { ...event })).toEqual(mac)
    expect(macOf(chainKey(Buffer.alloc(32, 2)), noHead.mac, event)).not.toEqual(mac)
    expect(macOf(key, mac, event)).not.toEqual(mac)
    expect(macOf(key, noHead.mac, { ...event, address: '127.0.0.2' })).not.toEqual(mac)
  })

  it('is noted down as SEQUENCE:MAC', () => {
    const head = { sequence: 42n, mac: macOf(key, noHead.mac, event) }
    expect(parseHead(formatHead(head))).toEqual(head)
    expect(parseHead(` ${formatHead(head).toUpperCase()}\n`)).toEqual(head)
  })

  it.each([
    '',
    '1',
    '1:',
    ':00',
    `0:${'0'.repeat(64)}`,
    `-1:${'0'.repeat(64)}`,
    `1:${'0'.repeat(63)}`,
    `1:${'g'.repeat(64)}`,
  ])('is none that reads %j', (noHeadText) => {
    expect(parseHead(noHeadText)).toBeUndefined()
  })
})

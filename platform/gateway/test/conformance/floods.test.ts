import { beforeEach, describe, expect, it } from 'vitest'
import { openDoors, rawConnection, sendRaw, statusesIn, witness } from '../doors.ts'
import { good, head, hurried, patient } from './hostile.ts'

const { dispatcher, seen } = witness(patient)
const door = (await openDoors(dispatcher)).addresses.public

beforeEach(() => void seen.splice(0))

describe('a flood of headers', () => {
  it('of more than a hundred is answered 431', async () => {
    const headers = (count: number): string[] => Array.from({ length: count }, (_, n) => `X-${n}: a`)
    const answer = (count: number) =>
      sendRaw(door, head('GET /api/shop/things/many HTTP/1.1', 'Connection: close', ...headers(count)))
    expect(statusesIn(await answer(1000))).toEqual([431])
    expect(statusesIn(await answer(99))).toEqual([431])
    expect(seen).toEqual([])
    expect(statusesIn(await answer(98))).toEqual([200])
  })

  it('of more than 16 KiB is answered 431, also before it has ended', async () => {
    for (const text of [
      head('GET /api/shop/things/huge HTTP/1.1', `X-Huge: ${'a'.repeat(17 * 1024)}`),
      `GET /api/shop/things/${'a'.repeat(17 * 1024)} HTTP/1.1\r\n`,
      `GET /api/shop/things/huge HTTP/1.1\r\nX-${'a'.repeat(17 * 1024)}`,
    ]) {
      expect(statusesIn(await sendRaw(door, text))).toEqual([431])
    }
    expect(seen).toEqual([])
  })

  it('is answered 431 where it asks for another protocol too', async () => {
    const headers = Array.from({ length: 200 }, (_, n) => `X-${n}: a`)
    const text = head('GET /api/shop/things/x HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket', ...headers)
    expect(statusesIn(await sendRaw(door, text))).toEqual([431])
    expect(seen).toEqual([])
  })
})

describe('many connections', () => {
  const few = { mostConnections: 10, mostConnectionsPerAddress: 4 }
  const health = head('GET /health HTTP/1.1', 'Connection: close')

  /** Opens so many, of which so many are to stay; those that do are usable. */
  async function openAndKeep(url: string, count: number, kept: number): Promise<void> {
    const connections = await Promise.all(Array.from({ length: count }, () => rawConnection(url)))
    const open = () => connections.filter(({ socket }) => !socket.destroyed)
    await expect.poll(() => open().length).toBe(kept)
    const answers = open().map(async (connection) => {
      connection.socket.write(health)
      return statusesIn((await connection.closed()).text)
    })
    expect(await Promise.all(answers)).toEqual(Array.from({ length: kept }, () => [200]))
  }

  it('of one address are cut beyond its share, and others take their place when they leave', async () => {
    const doors = await openDoors(dispatcher, { connections: few })
    await openAndKeep(doors.addresses.public, 8, 4)
    await expect.poll(async () => statusesIn(await sendRaw(doors.addresses.public, health))).toEqual([200])
  })

  it('of a trusted proxy, which speaks for many, are not, but for those of the door', async () => {
    const doors = await openDoors(dispatcher, { connections: few, trustedProxies: ['127.0.0.0/8'] })
    await openAndKeep(doors.addresses.public, 14, 10)
  })

  it('that say nothing leave the doors usable for others', async () => {
    // Long enough for all of them to be there, on any machine.
    const doors = await openDoors(dispatcher, { connections: { ...hurried, headersTimeoutMs: 2000 } })
    const idle = await Promise.all(Array.from({ length: 200 }, () => rawConnection(doors.addresses.public)))
    expect(statusesIn(await sendRaw(doors.addresses.public, health))).toEqual([200])
    await Promise.all(idle.map((connection) => connection.closed()))
  })
})

describe('requests in one go (pipelining)', () => {
  it('are answered in order', async () => {
    const texts = ['one', 'two'].map((name) => `GET /api/shop/things/${name} HTTP/1.1\r\nHost: a\r\n\r\n`)
    const answer = await sendRaw(door, [...texts, head('GET /nowhere HTTP/1.1', 'Connection: close')].join(''))
    expect(statusesIn(answer)).toEqual([200, 200, 404])
    expect(seen.map(({ url }) => url)).toEqual(['/api/shop/things/one', '/api/shop/things/two'])
  })

  it('are refused when more than 64 are under way', async () => {
    const slow = witness((_request, response) => void setTimeout(() => response.end('{}'), 100))
    const doors = await openDoors(slow.dispatcher)
    const statuses = statusesIn(await sendRaw(doors.addresses.public, good.repeat(150)))
    expect(statuses).toEqual([...Array.from({ length: 64 }, () => 200), 503])
    expect(slow.seen).toHaveLength(64)
  })

  it('end at what is no request', async () => {
    for (const garbage of [
      '\u0000\u0001\u0002',
      '\u0016\u0003\u0001\u0002\u0000',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'SSH-2.0-x\r\n',
    ]) {
      expect(statusesIn(await sendRaw(door, garbage))).toEqual([400])
      expect(seen).toEqual([])
    }
    const statuses = statusesIn(await sendRaw(door, `${good}garbage\r\n\r\n${good.replace('good', 'smuggled')}`))
    expect(statuses.at(-1)).toBe(400)
    expect(seen.filter(({ url }) => url?.includes('smuggled'))).toEqual([])
  })
})

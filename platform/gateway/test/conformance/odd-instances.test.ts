import { createServer, type Socket } from 'node:net'
import { emptyMetrics } from '@sallyport/service'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, describe, expect, it } from 'vitest'
import type { PoolLimits } from '../../src/dispatch/pool.ts'
import { createBalancingMetrics } from '../../src/index.ts'
import { openDoors, rawConnection, sendRaw, statusesIn } from '../doors.ts'
import { overHttp } from '../support.ts'
import { things } from './balanced-shop.ts'

/*
 * Instances that speak HTTP of their own making. Whatever one of them says, its client gets an answer that means one thing
 * only, and the next client the answer to what it asked.
 */

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

interface OddInstance {
  readonly door: string
  /** Its connections, in order. */
  readonly sockets: readonly Socket[]
  /** What the gateway has complained of. */
  readonly logged: readonly string[]
  /** How many calls are with it. */
  readonly calls: () => Promise<unknown>
}

interface Behaviour {
  readonly onConnection?: (socket: Socket, number: number) => void
  readonly onData?: (socket: Socket, heard: string, number: number) => void
}

async function openTo(behaviour: Behaviour, limits: Partial<PoolLimits> = {}): Promise<OddInstance> {
  const logged: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) })
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    const number = sockets.push(socket) - 1
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => behaviour.onData?.(socket, bytes.toString('latin1'), number))
    behaviour.onConnection?.(socket, number)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  const metrics = emptyMetrics()
  const gateway = await openDoors(overHttp([url], { limits, log, metrics: createBalancingMetrics(metrics) }))
  ending.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await gateway.close(0)
  })
  return {
    door: gateway.addresses.public,
    sockets,
    logged,
    async calls() {
      const { values } = (await metrics.getSingleMetric('sallyport_upstream_calls')?.get()) ?? { values: [] }
      return values[0]?.value
    },
  }
}

const ok = (body: string, ...headers: string[]): string =>
  ['HTTP/1.1 200 OK', `content-length: ${body.length}`, ...headers, '', body].join('\r\n')
const lastGet = `GET ${things} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`

describe('an instance', () => {
  it('whose answer cannot be passed on is named in the log, with the reason', async () => {
    const { door, logged } = await openTo({ onData: (socket) => socket.write('HTTP/1.1 200 OK\r\n folded: a\r\n\r\n') })
    expect((await fetch(`${door}${things}`)).status).toBe(502)
    expect(logged).toHaveLength(1)
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      instance: 'shop.1',
      err: { type: 'GarbledAnswer', message: 'the head of the answer is not HTTP/1.1' },
    })
  })

  it.each([
    ['of known length', 'content-length: 1\r\n', 'a'],
    ['in pieces', 'transfer-encoding: chunked\r\n', '1\r\na\r\n0\r\n\r\n'],
    ['of unknown length', '', 'a'],
  ])('that names a file in letters of its own, in an answer %s, is understood', async (_what, framing, body) => {
    const name = `content-disposition: attachment; filename="${Buffer.from('日本.txt').toString('latin1')}"\r\n`
    const { door, calls } = await openTo({
      onData: (socket) => socket.end(`HTTP/1.1 200 OK\r\n${framing}${name}\r\n${body}`, 'latin1'),
    })
    const text = await sendRaw(door, lastGet)
    expect(statusesIn(text)).toEqual([200])
    expect(text).toContain(name)
    await expect.poll(calls).toBe(0)
  })

  it('that says how long nothing is does not say so to the client, who might wait for it', async () => {
    const { door } = await openTo({
      onData: (socket) => socket.write('HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\n'),
    })
    const text = await sendRaw(door, lastGet)
    expect(statusesIn(text)).toEqual([204])
    expect(text).not.toMatch(/content-length|transfer-encoding/i)
  })

  it('whose last piece its client was slow to take answers the next one', async () => {
    const body = 'x'.repeat(10_000_000)
    const { door, sockets } = await openTo(
      { onData: (socket) => socket.write(ok(body)) },
      { tryMs: 2000, totalMs: 2000 },
    )
    const client = await rawConnection(door)
    client.socket.pause().write(lastGet)
    await expect.poll(() => sockets[0]?.writableLength).toBeGreaterThan(0)
    client.socket.resume()
    await client.closed()
    expect((await fetch(`${door}${things}`)).status).toBe(200)
    expect(sockets).toHaveLength(1)
  })

  it('that sends a body with its answer to HEAD does not answer the next client with it', async () => {
    const { door, sockets } = await openTo({
      onData: (socket, heard, number) => {
        const [head = '', body = ''] = ok('stolen').split(/(?<=\r\n\r\n)/)
        if (!heard.startsWith('HEAD')) socket.write(ok(String(number)))
        else socket.write(head, () => setImmediate(() => socket.write(`${body}${ok('stolen')}`)))
      },
    })
    expect((await fetch(`${door}/protocol/x`, { method: 'HEAD' })).status).toBe(200)
    expect(await (await fetch(`${door}/protocol/x`)).text()).toBe('1')
    expect(sockets).toHaveLength(2)
  })

  it('that closes a kept connection before anything of a streamed request has come gets it on another one', async () => {
    const { door, sockets, calls } = await openTo({
      onData: (socket, heard, number) => {
        if (heard.startsWith('GET') || heard.endsWith('0\r\n\r\n')) socket.write(ok(String(number)))
      },
    })
    const first = await fetch(`${door}${things}`)
    expect(await first.text()).toBe('0')
    const client = await rawConnection(door)
    client.socket.write(`POST ${things} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n`)
    await expect.poll(calls).toBe(1)
    sockets[0]?.end()
    await expect.poll(() => sockets[0]?.destroyed).toBe(true)
    client.socket.write('2\r\n{}\r\n0\r\n\r\n')
    const { text } = await client.closed()
    expect([statusesIn(text), text.endsWith('\r\n\r\n1')]).toEqual([[200], true])
  })

  it('that answers before anything of the request has come leaves the client a connection for the next one', async () => {
    const { door, sockets } = await openTo({
      onConnection: (socket) => socket.write(ok('early', 'connection: close')),
      onData: () => undefined,
    })
    const client = await rawConnection(door)
    client.socket.write(`POST ${things} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`)
    await client.until(/early/)
    client.socket.write(`${(300_000).toString(16)}\r\n${'x'.repeat(300_000)}\r\n0\r\n\r\n${lastGet}`)
    const { text } = await client.closed()
    expect([statusesIn(text), sockets.length]).toEqual([[200, 200], 2])
  })

  it('that answers in very many very small pieces is waited for as one piece would be', async () => {
    const warnings: string[] = []
    const note = ({ message }: Error): void => void (message.includes('drain') && warnings.push(message))
    process.on('warning', note)
    ending.push(() => process.off('warning', note))
    const pieces = 200_000
    const { door, calls } = await openTo({
      onData: (socket) =>
        socket.write(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\na\r\n'.repeat(pieces)}0\r\n\r\n`),
    })
    const client = await rawConnection(door)
    client.socket.pause().write(lastGet)
    await expect.poll(calls).toBe(1)
    client.socket.resume()
    const { text } = await client.closed()
    expect(text.match(/a/g)?.length).toBeGreaterThan(pieces)
    expect(warnings).toEqual([])
    await expect.poll(calls).toBe(0)
  })

  /** What an instance says to a request with this number. */
  const answers: Readonly<Record<string, (id: string) => string>> = {
    whole: (id) => ok(id),
    late: (id) => `HTTP/1.1 103 Early Hints\r\n\r\n${ok(id)}`,
    long: (id) => ok(id.padEnd(150_000, '.')),
    pieces: (id) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${id.length}\r\n${id}\r\n0\r\n\r\n`,
    last: (id) => ok(id, 'connection: close'),
    double: (id) => `${ok(id)}${ok('nobody')}`,
    ended: (id) => `HTTP/1.1 200 OK\r\n\r\n${id}`,
    closed: (id) => ok(id),
    half: (id) => ok(`${id}and more`).slice(0, -4),
  }
  const ends = new Set(['ended', 'closed', 'half'])

  it('whatever it does answers no client with what another one is to hear, and keeps none of their calls', async () => {
    const { door, calls } = await openTo(
      {
        onData: (socket, heard) => {
          const [, id = '', kind = ''] = /things\/(\d+)-(\w+) /.exec(heard) ?? []
          const answer = answers[kind]?.(id)
          if (answer !== undefined) socket.write(answer)
          if (ends.has(kind)) socket.end()
        },
      },
      { connections: 3 },
    )
    let number = 100
    const heard: [kind: string, asked: string, got: string][] = []
    const ask = async ({ kind, size, leaves }: { kind: string; size: number; leaves: boolean }): Promise<void> => {
      number += 1
      const id = String(number)
      const body = size > 0 ? { method: 'POST', body: 'x'.repeat(size) } : {}
      const leaving = new AbortController()
      try {
        const asking = fetch(`${door}/api/shop/things/${id}-${kind}`, { ...body, signal: leaving.signal })
        if (leaves) setImmediate(() => leaving.abort())
        const reply = await asking
        const text = await reply.text()
        if (reply.status !== 200) return
        heard.push([kind, id, text.replace(/\.+$/, '')])
      } catch (error) {
        // Half an answer, or none for a client that has left.
        if (!leaves && kind !== 'half') throw error
      }
    }
    const one = fc.record({
      kind: fc.constantFrom(...Object.keys(answers)),
      size: fc.constantFrom(0, 0, 10, 100_000),
      leaves: fc.nat(5).map((chance) => chance === 0),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 12 }), async (all) => {
        await Promise.all(all.map(ask))
        expect(heard.filter(([, asked, got]) => asked !== got)).toEqual([])
        await expect.poll(calls).toBe(0)
      }),
      { numRuns: 60 },
    )
    expect(heard.length).toBeGreaterThan(100)
  })
})

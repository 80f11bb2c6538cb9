import { request as httpRequest } from 'node:http'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { pino } from 'pino'
import { afterAll, describe, expect, it } from 'vitest'
import { inProcessDispatcher } from '../src/index.ts'
import { openDoors } from './doors.ts'
import { addressOf, overHttp } from './support.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${parentId}-01`

let seen: IncomingHttpHeaders = {}
const witness: RequestListener = (request, response) => {
  seen = request.headers
  response.end('{}')
}
const server = createServer(witness)
const upstream = await addressOf(server)
afterAll(() => void server.close())

describe.each([
  ['in the same process', () => inProcessDispatcher({ handle: witness })],
  ['over HTTP', () => overHttp([upstream])],
])('a request to a service %s (W3C Trace Context)', async (_mode, dispatcher) => {
  const lines: string[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) })
  const door = (await openDoors(dispatcher(), { log })).addresses.public

  /** What the service hears of the trace when these headers are sent as they are. */
  async function traced(headers: Record<string, string | string[]>, path = '/api/shop/things/hat') {
    await new Promise<void>((resolve, reject) => {
      const sent = httpRequest(`${door}${path}`, { headers }, (reply) => reply.resume().on('end', resolve))
      sent.on('error', reject).end()
    })
    const [version, trace, parent, flags] = seen['traceparent']?.toString().split('-') ?? []
    return { version, trace, parent, flags, state: seen['tracestate'] }
  }

  it('goes on with the trace it came with, and has the door as its parent', async () => {
    const { version, trace, parent, flags } = await traced({ traceparent })
    expect([version, trace, flags]).toEqual(['00', traceId, '01'])
    expect(parent).toMatch(/^[0-9a-f]{16}$/)
    expect(parent).not.toBe(parentId)
  })

  it('begins a trace that nobody recorded when it came with none', async () => {
    const [first, second] = [await traced({}), await traced({})]
    expect(first).toMatchObject({ version: '00', flags: '00', state: undefined })
    expect(first.trace).toMatch(/^[0-9a-f]{32}$/)
    expect(first.trace).not.toBe(second.trace)
    expect(first.parent).not.toBe(second.parent)
  })

  it.each([
    ['malformed', `00-${traceId}-${parentId}`],
    ['in capitals', traceparent.toUpperCase()],
    ['of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['there twice', [traceparent, traceparent]],
  ])('begins another trace, without the state of the first, when its traceparent is %s', async (_how, came) => {
    const { trace, state } = await traced({ traceparent: came, tracestate: 'rojo=1' })
    expect(trace).toMatch(/^[0-9a-f]{32}$/)
    expect(trace).not.toBe(traceId)
    expect(state).toBeUndefined()
  })

  it('passes the state of its trace on, also when that came in pieces', async () => {
    expect((await traced({ traceparent, tracestate: 'rojo=00f067aa0ba902b7' })).state).toBe('rojo=00f067aa0ba902b7')
    expect((await traced({ traceparent, tracestate: ['a=1', ' b@c=2 , ', 'd= 3'] })).state).toBe('a=1,b@c=2,d= 3')
  })

  it.each([
    ['is no list', 'nothing'],
    ['has a key in capitals', 'Rojo=1'],
    ['has a key twice', 'a=1,a=2'],
    ['has a value with an equals sign', 'a=1=2'],
    ['has no value', 'a='],
    ['has more than 32 members', Array.from({ length: 33 }, (_, n) => `k${n}=1`).join()],
    ['is longer than 512 characters', ['a', 'b', 'c'].map((key) => `${key}=${'x'.repeat(200)}`).join()],
    ['without a traceparent', 'a=1'],
  ])('passes no state on that %s', async (how, tracestate) => {
    const { trace, state } = await traced({ ...(how !== 'without a traceparent' && { traceparent }), tracestate })
    expect(trace === traceId).toBe(how !== 'without a traceparent')
    expect(state).toBeUndefined()
  })

  it('is found by its trace in the access log, and by its id in the answer', async () => {
    lines.length = 0
    const reply = await fetch(`${door}/api/shop/things/hat`, { headers: { traceparent } })
    await expect.poll(() => lines.length).toBe(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ trace: traceId, request: reply.headers.get('x-request-id') })
    expect(reply.headers.get('traceparent')).toBeNull()
  })
})

import { createServer, IncomingMessage, request as send } from 'node:http'
import { afterAll, describe, expect, it } from 'vitest'
import { DoorResponse } from './door-response.ts'

type Answer = (response: DoorResponse) => void

let answer: Answer = () => undefined
const server = createServer({ IncomingMessage, ServerResponse: DoorResponse }, (_request, response) => {
  response.sayUsual(['x-usual', 'of all', 'x-frame-options', 'SAMEORIGIN'])
  response.say('x-request-id', 'one')
  answer(response)
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
afterAll(() => server.close())

/** The headers of an answer, of the names that concern us. */
async function headersOf(way: Answer): Promise<Record<string, string[]>> {
  answer = way
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { rawHeaders } = await new Promise<IncomingMessage>((resolve, reject) => {
    send({ port, host: '127.0.0.1', agent: false }, (it) => resolve(it.resume()))
      .on('error', reject)
      .end()
  })
  const headers: Record<string, string[]> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index]?.toLowerCase(), rawHeaders[index + 1]]
    if (/^x-|cookie/.test(name)) (headers[name] ??= []).push(value)
  }
  return headers
}

const said = { 'x-usual': ['of all'], 'x-frame-options': ['SAMEORIGIN'], 'x-request-id': ['one'] }

describe('what a door says with an answer', () => {
  it.each<[string, Answer]>([
    ['a list', (response) => response.writeHead(200, ['x-own', 'two']).end()],
    ['an object', (response) => response.writeHead(200, { 'x-own': 'two' }).end()],
    ['an object, and words for its status', (response) => response.writeHead(200, 'Fine', { 'x-own': 'two' }).end()],
    ['pairs', (response) => response.writeHead(200, [['x-own', 'two']]).end()],
    [
      'an object, and no words for its status',
      (response) => response.writeHead(200, undefined, { 'x-own': 'two' }).end(),
    ],
    [
      'an object, of which what is inherited is not said',
      (response) => response.writeHead(200, Object.assign(Object.create({ 'x-other': '1' }), { 'x-own': 'two' })).end(),
    ],
    ['headers that were set', (response) => response.setHeader('x-own', 'two').end()],
    [
      'headers that were set, and removed',
      (response) => {
        response.setHeader('x-other', '1').removeHeader('x-other')
        response.writeHead(200, ['x-own', 'two']).end()
      },
    ],
    [
      'headers that were set, and more',
      (response) => response.setHeader('x-own', 'one').writeHead(200, ['X-Own', 'two']).end(),
    ],
  ])('stands beside %s', async (_what, way) => {
    expect(await headersOf(way)).toEqual({ ...said, 'x-own': ['two'] })
  })

  it('stands alone where the service says nothing', async () => {
    expect(await headersOf((response) => response.end())).toEqual(said)
    expect(await headersOf((response) => response.writeHead(204).end())).toEqual(said)
  })

  it.each<[string, Answer]>([
    ['a list', (response) => response.writeHead(200, ['X-Frame-Options', 'DENY']).end()],
    ['an object', (response) => response.writeHead(200, { 'x-frame-options': 'DENY' }).end()],
    ['headers that were set', (response) => response.setHeader('X-Frame-Options', 'DENY').end()],
  ])('gives way to the service: %s', async (_what, way) => {
    expect(await headersOf(way)).toEqual({ ...said, 'x-frame-options': ['DENY'] })
  })

  it('is said once, as it was said last', async () => {
    expect(
      await headersOf((response) => {
        response.say('x-request-id', 'two')
        response.say('x-frame-options', 'DENY')
        response.end()
      }),
    ).toEqual({ ...said, 'x-request-id': ['two'], 'x-frame-options': ['DENY'] })
  })

  it.each<[string, Answer]>([
    ['a list', (response) => response.writeHead(200, ['set-cookie', 'a', 'x-own', '1', 'set-cookie', 'b']).end()],
    ['an object', (response) => response.writeHead(200, { 'set-cookie': ['a', 'b'], 'x-own': 1 }).end()],
    [
      'a list beside what was set',
      (response) => response.setHeader('x-own', '1').writeHead(200, ['set-cookie', 'a', 'set-cookie', 'b']).end(),
    ],
    [
      'a list in the place of what was set',
      (response) =>
        response
          .setHeader('x-own', ['2', '3'])
          .writeHead(200, ['set-cookie', 'a', 'X-Own', 1, 'Set-Cookie', 'b'])
          .end(),
    ],
  ])('leaves every value of a name: %s', async (_what, way) => {
    expect(await headersOf(way)).toEqual({ ...said, 'set-cookie': ['a', 'b'], 'x-own': ['1'] })
  })

  it('is not lost with a value that comes again', async () => {
    const cookies = ['set-cookie', 'a', 'set-cookie', 'b', 'set-cookie', 'a']
    expect(await headersOf((response) => response.setHeader('x-own', '1').writeHead(200, cookies).end())).toEqual({
      ...said,
      'set-cookie': ['a', 'b', 'a'],
      'x-own': ['1'],
    })
  })

  it('goes out once, and a stream of events stays one', async () => {
    const isStream: boolean[] = []
    await headersOf((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      expect(() => response.writeHead(500, { 'content-type': 'text/plain' })).toThrow('after they are sent')
      isStream.push(response.isEventStream)
      response.end()
    })
    expect(isStream).toEqual([true])
  })

  it('goes with a stream of events, which is known for one', async () => {
    const isStream: boolean[] = []
    await headersOf((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end()
      isStream.push(response.isEventStream)
    })
    await headersOf((response) => {
      response.setHeader('Content-Type', 'text/event-stream; charset=utf-8').writeHead(200).end()
      isStream.push(response.isEventStream)
    })
    await headersOf((response) => {
      response.writeHead(200, ['content-type', 'text/plain']).end()
      isStream.push(response.isEventStream)
    })
    expect(isStream).toEqual([true, true, false])
  })
})

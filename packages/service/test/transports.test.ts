import { createServer, type RequestListener, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  createClient,
  problem,
  problemDetails,
  route,
  type ServiceContract,
  ServiceRefused,
  ServiceUnreachable,
} from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'
import { Type } from 'typebox'
import { afterAll, describe, expect, it } from 'vitest'
import { createService, handle, httpTransport, localTransport, ok } from '../src/index.ts'
import { silent } from './support.ts'

class TooMany extends Rejection {
  override name = 'TooMany'
  readonly code = 'too-many'
  readonly reason = 'payment'
}

const repeat = route({
  name: 'repeat',
  summary: 'Say a word several times',
  method: 'PUT',
  path: '/internal/echo/:word',
  door: 'internal',
  access: { who: 'service', from: ['caller'] },
  params: Type.Object({ word: Type.String() }),
  query: Type.Object({ mark: Type.String() }),
  body: Type.Object({ times: Type.Integer() }),
  replies: { 200: Type.Object({ said: Type.String() }) },
})
const hang = route({
  name: 'hang',
  summary: 'Never answer',
  method: 'GET',
  path: '/internal/hang',
  door: 'internal',
  access: { who: 'service', from: ['caller'] },
  replies: { 200: Type.Object({}) },
})

const contract: ServiceContract = {
  name: 'echo',
  title: 'Echo',
  surfaces: [
    {
      name: 'echo.internal',
      dialect: problemDetails,
      decidedBy: 'service',
      prefixes: { internal: '/internal' },
      forbidden: { internal: { 'wrong-role': problem(403, 'Forbidden'), 'not-self': problem(403, 'Forbidden') } },
      routes: [repeat, hang],
    },
  ],
}

const released = Promise.withResolvers<void>()
const echo = await createService({
  contract,
  log: silent,
  authentication: {
    account: () => 'invalid',
    service: async (authorization) => ({
      kind: 'service',
      name: authorization === 'Bearer caller' ? 'caller' : 'stranger',
    }),
  },
  routes: [
    handle(repeat, async ({ params, query, body }) => {
      if (body.times > 9) throw new TooMany('that is too often')
      if (body.times < 0) throw new Error('a bug')
      return ok({ said: `${params.word.repeat(body.times)}${query.mark}` })
    }),
    handle(hang, async () => {
      await released.promise
      return ok({})
    }),
  ],
})
const http = httpTransport([await echo.listen({ host: '127.0.0.1', port: 0 })])

afterAll(async () => {
  released.resolve()
  await http.close()
  await echo.stop()
})

describe.each([
  ['in the same process', localTransport(() => echo)],
  ['over HTTP', http],
])('a client %s', (_, transport) => {
  const call = createClient({ transport, credential: () => 'caller' })
  const stranger = createClient({ transport, credential: () => 'stranger' })
  const input = (times: number) => ({ params: { word: 'a/ü?' }, query: { mark: '&!' }, body: { times } })

  it('gets the declared answer', async () => {
    expect((await call(repeat, input(2))).body).toEqual({ said: 'a/ü?a/ü?&!' })
  })

  it('hears a refusal with its status and code', async () => {
    await expect(call(repeat, input(10))).rejects.toMatchObject({ status: 402, code: 'too-many' })
    await expect(call(repeat, input(10))).rejects.toBeInstanceOf(ServiceRefused)
    await expect(stranger(repeat, input(1))).rejects.toMatchObject({ status: 403 })
  })

  it('takes a failure of the service for no answer', async () => {
    await expect(call(repeat, input(-1))).rejects.toBeInstanceOf(ServiceUnreachable)
  })

  it('does not wait for ever', async () => {
    const hasty = createClient({ transport, credential: () => 'caller', timeoutMs: 30 })
    await expect(hasty(hang, {})).rejects.toBeInstanceOf(ServiceUnreachable)
  })
})

describe('a client over HTTP of several instances', () => {
  const input = { params: { word: 'a' }, query: { mark: '!' }, body: { times: 1 } }

  /** Says by `x-from` who answers. */
  async function instance(name: string, answer: RequestListener): Promise<{ server: Server; url: string }> {
    const server = createServer(answer)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    return { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : name}` }
  }

  it('E-40 E-41 asks them in turn, and another one when one refuses', async () => {
    let said = ''
    const answering = (name: string) =>
      instance(name, (_request, response) => {
        said += name
        response.setHeader('content-type', 'application/json').end('{"said": "a!"}')
      })
    const [first, second] = [await answering('1'), await answering('2')]
    const transport = httpTransport([first.url, second.url])
    const call = createClient({ transport, credential: () => 'caller' })
    for (let n = 0; n < 4; n += 1) await call(repeat, input)
    first.server.closeAllConnections()
    await new Promise((resolve) => first.server.close(resolve))
    // What was written before the end of the connection was heard might have arrived.
    await sleep(20)
    for (let n = 0; n < 4; n += 1) await call(repeat, input)
    expect(said).toBe('12122222')
    await transport.close()
    await new Promise((resolve) => second.server.close(resolve))
  })

  it('E-42 asks nobody else when the connection was lost: it may have been done', async () => {
    let asked = 0
    const rude = () =>
      instance('rude', (request) => {
        asked += 1
        request.socket.destroy()
      })
    const two = [await rude(), await rude()]
    const transport = httpTransport(two.map(({ url }) => url))
    const call = createClient({ transport, credential: () => 'caller' })
    await expect(call(repeat, input)).rejects.toBeInstanceOf(ServiceUnreachable)
    expect(asked).toBe(1)
    await transport.close()
    for (const { server } of two) await new Promise((resolve) => server.close(resolve))
  })
})

it('a client over HTTP that had to wait for its own other calls does not blame the instance', async () => {
  const held: (() => void)[] = []
  const server = createServer((_request, response) => {
    held.push(() => response.setHeader('content-type', 'application/json').end('{}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const transport = httpTransport([`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`])
  const patient = createClient({ transport, credential: () => 'caller', timeoutMs: 60_000 })
  const hasty = createClient({ transport, credential: () => 'caller', timeoutMs: 30 })
  const others = Array.from({ length: 64 }, () => patient(hang, {}))
  await expect.poll(() => held.length).toBe(64)
  for (let n = 0; n < 3; n += 1) await expect(hasty(hang, {})).rejects.toBeInstanceOf(ServiceUnreachable)
  const last = patient(hang, {})
  for (const release of held) release()
  await Promise.all(others)
  await expect.poll(() => held.length).toBe(65)
  held[64]?.()
  expect(await last).toEqual({ status: 200, body: {} })
  await transport.close()
  await new Promise((resolve) => server.close(resolve))
})

it('a client over HTTP whose service is not there says so', async () => {
  const nowhere = httpTransport(['http://127.0.0.1:1'])
  const call = createClient({ transport: nowhere, credential: () => 'caller' })
  await expect(call(hang, {})).rejects.toBeInstanceOf(ServiceUnreachable)
  await nowhere.close()
})

import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { connect as connectPlainly } from 'node:net'
import { connect } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import { inProcessDispatcher } from '../../src/dispatch/in-process.ts'
import { issueCertificate, makeAuthority, makePrivateKey } from '../../src/tls/development-authority.ts'
import { openDoors, rawConnection, statusesIn, watch } from '../doors.ts'
import { overHttp } from '../support.ts'

/** A service whose answers go on as long as the test wants. */
const answers = new Map<string, ServerResponse>()
const slow: RequestListener = (request, response) => {
  const name = request.url?.split('/').at(-1) ?? ''
  answers.set(name, response)
  response.on('close', () => answers.delete(name))
  if (name === 'quick') response.end('{}')
  if (name.startsWith('begun')) response.write('begun')
  if (name.startsWith('events')) {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  }
}
const upstream = createServer(slow)
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const address = upstream.address()
const baseUrl = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
afterAll(async () => {
  upstream.closeAllConnections()
  await new Promise((resolve) => upstream.close(resolve))
})

const asking = (name: string): string => `GET /api/shop/things/${name} HTTP/1.1\r\nHost: a\r\n\r\n`

/** Closes the doors; gives the milliseconds it took: as many as the grace, unless they had nothing to wait for. */
async function msToClose(gateway: { close(graceMs: number): Promise<void> }, graceMs = 5000): Promise<number> {
  const began = performance.now()
  await gateway.close(graceMs)
  return performance.now() - began
}

describe.each([
  ['in the same process', () => inProcessDispatcher({ handle: slow })],
  ['over HTTP', () => overHttp([baseUrl])],
])('doors that close, with a service %s,', (_, dispatcher) => {
  it('finish what is under way, say that it is the last, and take nothing new', async () => {
    const gateway = await openDoors(dispatcher())
    const waiting = await rawConnection(gateway.addresses.public)
    waiting.socket.write(asking('waiting'))
    await expect.poll(() => answers.has('waiting')).toBe(true)
    const closing = msToClose(gateway)
    await expect(rawConnection(gateway.addresses.public)).rejects.toThrow('ECONNREFUSED')
    answers.get('waiting')?.end('{"late": true}')
    const { text } = await waiting.closed()
    expect(statusesIn(text)).toEqual([200])
    expect(text).toMatch(/^connection: close\r$/im)
    expect(text).toContain('{"late": true}')
    expect(await closing).toBeLessThan(4000)
  })

  it('let an answer that has begun end, and keep its connection for nobody', async () => {
    const gateway = await openDoors(dispatcher())
    const begun = await rawConnection(gateway.addresses.public)
    begun.socket.write(asking('begun'))
    await begun.until(/begun/)
    const closing = msToClose(gateway)
    answers.get('begun')?.end(' and ended')
    expect((await begun.closed()).text).toMatch(/and ended\r\n0\r\n\r\n$/)
    expect(await closing).toBeLessThan(4000)
  })

  it('close at once what waits between requests, or for a first one', async () => {
    const gateway = await openDoors(dispatcher())
    const [kept, fresh] = [await rawConnection(gateway.addresses.public), await rawConnection(gateway.addresses.admin)]
    kept.socket.write(asking('quick'))
    await kept.until(/200 OK/)
    expect(await msToClose(gateway)).toBeLessThan(4000)
    await Promise.all([kept.closed(), fresh.closed()])
  })

  it('end event streams as a whole, so that clients come back by themselves', async () => {
    const gateway = await openDoors(dispatcher())
    const stream = await rawConnection(gateway.addresses.public)
    stream.socket.write(asking('events'))
    await stream.until(/data: 1/)
    const service = answers.get('events')
    // Goes on talking while the doors close.
    const timer = setInterval(() => service?.write('data: more\n\n'), 1)
    expect(await msToClose(gateway)).toBeLessThan(4000)
    clearInterval(timer)
    expect((await stream.closed()).text).toMatch(/\r\n0\r\n\r\n$/)
    await expect.poll(() => answers.has('events')).toBe(false)
  })

  it('are not hurt by an event that comes after the end, while the one before has not been read', async () => {
    const gateway = await openDoors(dispatcher())
    const stream = await rawConnection(gateway.addresses.public)
    stream.socket.write(asking('events'))
    await stream.until(/data: 1/)
    stream.socket.pause()
    const service = answers.get('events')
    service?.write('x'.repeat(32 * 1024 * 1024))
    const timer = setInterval(() => service?.write('data: more\n\n'), 10)
    expect(await msToClose(gateway, 600)).toBeLessThan(4000)
    clearInterval(timer)
    stream.socket.destroy()
    await expect.poll(() => answers.has('events')).toBe(false)
  })

  it('cut what has not ended when the grace is over', async () => {
    const gateway = await openDoors(dispatcher())
    const waiting = await rawConnection(gateway.addresses.public)
    waiting.socket.write(asking('never'))
    await expect.poll(() => answers.has('never')).toBe(true)
    expect(await msToClose(gateway, 200)).toBeLessThan(4000)
    expect((await waiting.closed()).text).toBe('')
  })

  it('pass on events as they come while they are open', async () => {
    const gateway = await openDoors(dispatcher())
    const stream = await rawConnection(gateway.addresses.public)
    stream.socket.write(asking('events'))
    await stream.until(/data: 1\n/)
    for (const n of [2, 3]) {
      answers.get('events')?.write(`data: ${n}\n\n`)
      await stream.until(new RegExp(`data: ${n}\n`))
    }
    stream.socket.destroy()
    await expect.poll(() => answers.has('events')).toBe(false)
  })
})

it('doors with TLS close at once what waits for a first request, and in time what never ends its handshake', async () => {
  const [authorityKey, privateKeyPem] = [makePrivateKey(), makePrivateKey()]
  const authority = await makeAuthority(authorityKey, new Date())
  const signer = { certificatePem: authority, privateKeyPem: authorityKey }
  const chainPem = await issueCertificate(signer, { privateKeyPem, names: ['127.0.0.1'] }, new Date())
  const secure = async () =>
    openDoors(inProcessDispatcher({ handle: slow }), { certificate: { chainPem, privateKeyPem } })

  const gateway = await secure()
  const port = Number(new URL(gateway.addresses.public).port)
  const fresh = connect({ host: '127.0.0.1', port, ca: authority })
  await new Promise((resolve) => fresh.once('secureConnect', resolve))
  const kept = connect({ host: '127.0.0.1', port, ca: authority })
  kept.write(asking('quick'))
  await watch(kept).until(/200 OK/)
  const over = watch(fresh).closed()
  expect(await msToClose(gateway)).toBeLessThan(4000)
  await over

  const other = await secure()
  const half = connectPlainly(Number(new URL(other.addresses.public).port), '127.0.0.1')
  half.on('error', () => undefined)
  await new Promise((resolve) => half.once('connect', resolve))
  half.write('\u0016\u0003\u0001')
  expect(await msToClose(other, 200)).toBeLessThan(4000)
})

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { createGateway } from '../../src/index.ts'
import { openDoors } from '../doors.ts'
import { overHttp } from '../support.ts'
import { echo, send } from './echo.ts'

const upstream = await listen(createServer(echo))

afterAll(async () => {
  upstream.server.closeAllConnections()
  await new Promise((resolve) => upstream.server.close(resolve))
})

describe('a service over HTTP that fails', () => {
  it('is not there: 503 and when to come back', async () => {
    // Nobody listens on the first port.
    const doors = (await openDoors(overHttp(['http://127.0.0.1:1']))).addresses
    const reply = await fetch(`${doors.public}/api/shop/things/hat`)
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
  })

  it('hangs up: 502', async () => {
    const doors = (await openDoors(overHttp([upstream.url]))).addresses
    expect((await fetch(`${doors.public}/api/shop/things/hang-up`)).status).toBe(502)
  })

  it('speaks something else than HTTP: 502', async () => {
    const other = await listen(createServer())
    other.server.on('connection', (socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
    const doors = (await openDoors(overHttp([other.url]))).addresses
    expect((await fetch(`${doors.public}/api/shop/things/hat`)).status).toBe(502)
    other.server.close()
  })

  it('does not answer in time: 504', async () => {
    const silent = await listen(createServer(() => undefined))
    const doors = (await openDoors(overHttp([silent.url], { limits: { tryMs: 100, totalMs: 100 } }))).addresses
    expect((await fetch(`${doors.public}/api/shop/things/hat`)).status).toBe(504)
    silent.server.closeAllConnections()
    silent.server.close()
  })

  it('is spared a body that grows too large on its way', async () => {
    const doors = (await openDoors(overHttp([upstream.url]))).addresses
    const chunks = Array.from({ length: 20 }, () => 'x'.repeat(100_000))
    const reply = await send(`${doors.public}/api/shop/things/hat`, { method: 'POST', chunks })
    expect(reply.status).toBe(413)
  })
})

it('doors that are not open yet answer 503', async () => {
  const gateway = await createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: 0 })
  expect((await fetch(`${gateway.addresses.public}/health`)).status).toBe(503)
  await gateway.close(0)
})

it('a port that is taken is named', async () => {
  const { port } = new URL(upstream.url)
  const taken = createGateway({ host: '127.0.0.1', publicPort: 0, adminPort: Number(port) })
  await expect(taken).rejects.toThrow(
    `the admin door cannot listen on 127.0.0.1:${port}: another program listens there`,
  )
})

async function listen(server: Server): Promise<{ server: Server; url: string }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, url: `http://127.0.0.1:${portOf(server.address())}` }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
  return address.port
}

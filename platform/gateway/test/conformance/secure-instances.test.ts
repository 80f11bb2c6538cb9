import { createServer } from 'node:https'
import { setDefaultCACertificates } from 'node:tls'
import { type Mount, problemDetails, type ServiceContract } from '@sallyport/contracts'
import { afterAll, describe, expect, it } from 'vitest'
import { issueCertificate, makeAuthority, makePrivateKey } from '../../src/tls/development-authority.ts'
import { openDoors, rawConnection, statusesIn } from '../doors.ts'
import { overHttp, publicHost } from '../support.ts'

const live: Mount = {
  name: 'live',
  summary: 'A world',
  path: '/live',
  door: 'public',
  bodyLimitBytes: 1000,
  upgrade: 'websocket',
}
const contract: ServiceContract = {
  name: 'shop',
  title: 'Shop',
  surfaces: [
    {
      name: 'shop.live',
      dialect: problemDetails,
      decidedBy: 'door',
      prefixes: {},
      forbidden: {},
      routes: [],
      mounts: [live],
    },
  ],
}

const authorityKey = makePrivateKey()
const authority = await makeAuthority(authorityKey, new Date())
setDefaultCACertificates([authority])

/** An instance that proves these names, and the names it was asked for. */
async function startSecureInstance(names: readonly string[]) {
  const privateKeyPem = makePrivateKey()
  const signer = { certificatePem: authority, privateKeyPem: authorityKey }
  const cert = await issueCertificate(signer, { privateKeyPem, names: [...names] }, new Date())
  const asked: unknown[] = []
  const server = createServer({ key: privateKeyPem, cert }, (request, response) => response.end(request.headers.host))
  server.on('secureConnection', (socket) => void asked.push(socket.servername))
  server.on('upgrade', (_request, socket) =>
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
  )
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port, asked }
}

async function doorTo(url: string): Promise<string> {
  return (await openDoors(overHttp([url]), { contracts: [contract] })).addresses.public
}

async function upgradeStatus(door: string): Promise<number | undefined> {
  const connection = await rawConnection(door)
  connection.socket.write('GET /live/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  const [status] = statusesIn(await connection.until(/\r\n\r\n/))
  connection.socket.destroy()
  return status
}

describe('an instance over TLS', () => {
  it('is asked for, and proves, the name of its own address, while it sees the host of the installation', async () => {
    const { port, asked } = await startSecureInstance(['localhost'])
    const door = await doorTo(`https://localhost:${port}`)
    const reply = await fetch(`${door}/live/x`)
    expect([reply.status, await reply.text()]).toEqual([200, publicHost])
    expect(await upgradeStatus(door)).toBe(101)
    expect(asked).toEqual(['localhost', 'localhost'])
  })

  it('may have an address without a name', async () => {
    const { port, asked } = await startSecureInstance(['127.0.0.1'])
    const door = await doorTo(`https://127.0.0.1:${port}`)
    expect((await fetch(`${door}/live/x`)).status).toBe(200)
    expect(await upgradeStatus(door)).toBe(101)
    expect(asked).toEqual([false, false])
  })

  it('that proves the name of the installation alone is not believed', async () => {
    const { port } = await startSecureInstance([publicHost])
    const door = await doorTo(`https://localhost:${port}`)
    expect((await fetch(`${door}/live/x`)).status).toBe(503)
    expect(await upgradeStatus(door)).toBe(503)
  })
})

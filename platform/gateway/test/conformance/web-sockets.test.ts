import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { issueCertificate, makeAuthority, makePrivateKey } from '../../src/tls/development-authority.ts'
import { openDoors, rawConnection, sendRaw, statusesIn } from '../doors.ts'
import { overHttp, publicHost } from '../support.ts'
import {
  asking,
  baseUrl,
  closed,
  contract,
  door,
  doors,
  echoOf,
  opened,
  sockets,
  talk,
  upgrades,
  upgrading,
  useChat,
} from './chat.ts'

useChat()

describe('a WebSocket to a route that declares it', () => {
  it('carries messages in both directions, whole and in order', async () => {
    const client = await opened('/chat/lobby?x=1')
    expect((await echoOf(client, 'hello')).toString()).toBe('hello')
    const large = Buffer.alloc(1024 * 1024, 'x')
    expect((await echoOf(client, large)).equals(large)).toBe(true)
    client.close(4001, 'done')
    expect(await closed(client)).toBe(4001)
  })

  it('goes through a mount too', async () => {
    expect((await echoOf(await opened('/live/a/b'), 'hello')).toString()).toBe('hello')
  })

  it('asks with the headers that every request has, and nothing that only the gateway may say', async () => {
    const client = await opened('/chat/lobby?x=1', {
      headers: { 'x-user': 'root', 'x-forwarded-for': '8.8.8.8', 'x-mine': 'yes', host: 'evil.test' },
    })
    client.terminate()
    const [{ url, headers } = {}] = upgrades
    expect(url).toBe('/chat/lobby?x=1')
    expect(headers).toMatchObject({
      host: publicHost,
      upgrade: 'websocket',
      'x-mine': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'sec-websocket-protocol': 'talk',
    })
    expect(headers?.['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    expect(headers?.['x-user']).toBeUndefined()
  })

  it('brings on what came with the request already', async () => {
    const connection = await rawConnection(door)
    // A masked ping with the content "a".
    const ping = Buffer.from([0x89, 0x81, 0, 0, 0, 0, 0x61])
    connection.socket.write(Buffer.concat([Buffer.from(asking('/chat/x', ...upgrading)), ping]))
    const text = await connection.until(/\r\n\r\n[^]{3}/)
    expect(statusesIn(text)).toEqual([101])
    expect(Buffer.from(text.split('\r\n\r\n')[1] ?? '', 'latin1')).toEqual(Buffer.from([0x8a, 0x01, 0x61]))
    connection.socket.destroy()
  })

  it('leaves behind what its service says concerns their connection alone (RFC 9110 §7.6.1)', async () => {
    const text = await sendRaw(door, asking('/chat/hop', ...upgrading))
    expect(statusesIn(text)).toEqual([101])
    expect(text).toMatch(/^x-end: for the client\r$/im)
    expect(text).not.toContain('for the gateway')
  })

  it('goes over TLS', async () => {
    const [authorityKey, privateKeyPem] = [makePrivateKey(), makePrivateKey()]
    const authority = await makeAuthority(authorityKey, new Date())
    const signer = { certificatePem: authority, privateKeyPem: authorityKey }
    const chainPem = await issueCertificate(signer, { privateKeyPem, names: ['127.0.0.1'] }, new Date())
    const secure = await doors({ certificate: { chainPem, privateKeyPem } })
    const client = await opened('/chat/x', { ca: authority }, secure.addresses.public)
    const large = Buffer.alloc(1024 * 1024, 'x')
    expect((await echoOf(client, large)).equals(large)).toBe(true)
    expect(upgrades[0]?.headers['x-forwarded-proto']).toBe('https')
  })

  it('is answered as its service answers when it does not agree', async () => {
    const text = await sendRaw(door, asking('/chat/full', ...upgrading))
    expect([statusesIn(text), text.endsWith('full')]).toEqual([[403], true])
    expect(text).toContain('nosniff')
  })

  it.each([
    ['the door', '/guarded/chat', 401],
    ['its service, at length', '/chat/verbose', 403],
  ])('is refused by %s also when its client goes on sending and reads nothing before', async (_, path, status) => {
    const connection = await rawConnection(door)
    connection.socket.pause()
    connection.socket.write(asking(path, ...upgrading))
    await new Promise((resolve) => connection.socket.write(Buffer.alloc(16 * 1024 * 1024), resolve))
    connection.socket.resume()
    expect(statusesIn((await connection.closed()).text)).toEqual([status])
  })

  it('is not opened by a service that agreed to another protocol, or that is not there', async () => {
    expect(await talk('/chat/odd')).toBe(502)
    const nowhere = await openDoors(overHttp(['http://127.0.0.1:1']), { contracts: [contract] })
    expect(await talk('/chat/x', {}, nowhere.addresses.public)).toBe(503)
  })

  it('E-41 goes to the next instance when one refuses the connection', async () => {
    const three = await openDoors(overHttp(['http://127.0.0.1:1', 'http://127.0.0.1:2', baseUrl]), {
      contracts: [contract],
    })
    expect((await echoOf(await opened('/chat/x', {}, three.addresses.public), 'hello')).toString()).toBe('hello')
  })

  it('is slowed down by whoever reads slowly, and held by nobody', async () => {
    const client = await opened('/chat/x')
    const [peer] = sockets.clients
    client.pause()
    for (let n = 0; n < 48; n += 1) client.send(Buffer.alloc(1024 * 1024))
    // Buffers are full from end to end, and what is said back waits where it was said.
    const waiting = (): number => peer?.bufferedAmount ?? 0
    await expect.poll(waiting).toBeGreaterThan(4 * 1024 * 1024)
    await sleep(200)
    expect(waiting()).toBeGreaterThan(4 * 1024 * 1024)
    let received = 0
    client.on('message', (data: Buffer) => (received += data.length))
    client.resume()
    await expect.poll(() => received).toBe(48 * 1024 * 1024)
  })
})

describe('when the doors close', () => {
  it('open WebSockets are ended at once, and those that were being opened', async () => {
    const closing = await doors()
    const client = await opened('/chat/x', {}, closing.addresses.public)
    const waiting = await rawConnection(closing.addresses.public)
    waiting.socket.write(asking('/chat/silent', ...upgrading))
    await expect.poll(() => upgrades.length).toBe(2)
    const began = performance.now()
    await closing.close(5000)
    expect(performance.now() - began).toBeLessThan(4000)
    await Promise.all([closed(client), waiting.closed()])
    await expect.poll(() => sockets.clients.size).toBe(0)
  })
})

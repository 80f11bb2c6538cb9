import { constants } from 'node:crypto'
import { request as httpsRequest } from 'node:https'
import { connect as connectPlainly } from 'node:net'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { issueCertificate, makeAuthority, makePrivateKey } from '../../src/tls/development-authority.ts'
import { openDoors, sendRaw, statusesIn, watch, witness } from '../doors.ts'
import { shop } from '../support.ts'

const authorityKey = makePrivateKey()
const authority = await makeAuthority(authorityKey, new Date())

/** A certificate for this machine, made anew. */
async function certificate() {
  const privateKeyPem = makePrivateKey()
  const wish = { privateKeyPem, names: ['localhost', '127.0.0.1', '::1'] }
  const signer = { certificatePem: authority, privateKeyPem: authorityKey }
  return { privateKeyPem, chainPem: await issueCertificate(signer, wish, new Date()) }
}

const { dispatcher, seen } = witness()
const gateway = await openDoors(dispatcher, { certificate: await certificate(), redirectPort: 0 })
const { public: door, admin, redirect = '' } = gateway.addresses

async function handshake(options: ConnectionOptions = {}, url = door): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca: authority, ...options })
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}

it('answers who has nothing more to say behind a request', async () => {
  const socket = await handshake()
  const heard = watch(socket)
  // Both are read at once.
  socket.end('GET /health HTTP/1.1\r\nHost: a\r\n\r\n')
  expect(statusesIn((await heard.closed()).text)).toEqual([200])
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
}

function get(url: string, options: { headers?: Record<string, string>; ca?: string } = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  httpsRequest(url, { ca: authority, agent: false, ...options }, (response) => {
    let text = ''
    response.on('data', (chunk: Buffer) => (text += chunk.toString()))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
  })
    .on('error', reject)
    .end()
  return promise
}

describe('a door with a certificate', () => {
  it('C-94 is known by its names and addresses to who trusts the authority, and to nobody else', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      expect((await get(`${door.replace('127.0.0.1', host)}/health`)).status).toBe(200)
    }
    const socket = await handshake({ servername: 'localhost' })
    const own = socket.getPeerX509Certificate()
    expect([own?.ca, own?.checkHost('localhost'), own?.checkHost('elsewhere.test')]).toEqual([
      false,
      'localhost',
      undefined,
    ])
    socket.destroy()
    await expect(handshake({ ca: [] })).rejects.toThrow(/certificate/)
    await expect(handshake({ servername: 'elsewhere.test' })).rejects.toThrow(/altnames/)
  })

  it('C-93 prefers TLS 1.3 and takes 1.2, with forward secrecy and authenticated encryption', async () => {
    for (const [version, cipher] of [
      ['TLSv1.3', /^TLS_/],
      ['TLSv1.2', /^ECDHE-ECDSA-(AES\d+-GCM|CHACHA20-POLY1305)/],
    ] as const) {
      const socket = await handshake({ maxVersion: version })
      expect([socket.getProtocol(), socket.getCipher().name]).toEqual([version, expect.stringMatching(cipher)])
      socket.destroy()
    }
  })

  it.each<[string, ConnectionOptions]>([
    ['TLS 1.1', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
    [
      'a key exchange without forward secrecy',
      { maxVersion: 'TLSv1.2', ciphers: 'AES256-GCM-SHA384:AES128-GCM-SHA256' },
    ],
    [
      'CBC',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA' },
    ],
    ['no authentication of the server', { maxVersion: 'TLSv1.2', ciphers: 'AECDH:ADH:@SECLEVEL=0' }],
  ])('C-93 does not speak %s', async (_, options) => {
    await expect(handshake(options)).rejects.toThrow(/alert|version|handshake|EPROTO|ECONNRESET/i)
  })

  it('does not renegotiate', async () => {
    const socket = await handshake({ maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT })
    const failed = new Promise((resolve) => socket.once('error', resolve))
    socket.renegotiate({}, () => undefined)
    socket.write('x')
    expect(await failed).toBeInstanceOf(Error)
  })

  it('C-86 tells browsers to stay with it, and its services that the client came over https, whatever the client says (accounts A-7)', async () => {
    const { headers } = await get(`${door}/api/shop/things/hat`, { headers: { 'x-forwarded-proto': 'http' } })
    expect(headers['strict-transport-security']).toBe('max-age=31556926; includeSubDomains')
    expect(seen.at(-1)?.headers['x-forwarded-proto']).toBe('https')
  })

  it('A-7 lets to a surface for https alone who came over TLS', async () => {
    const contract = { ...shop, surfaces: shop.surfaces.map((surface) => ({ ...surface, httpsOnly: true })) }
    const secure = await openDoors(dispatcher, { certificate: await certificate(), contracts: [contract] })
    expect((await get(`${secure.addresses.public}/api/shop/things/hat`)).status).toBe(200)
    const plain = await openDoors(dispatcher, { contracts: [contract] })
    const headers = { 'x-forwarded-proto': 'https' }
    expect((await fetch(`${plain.addresses.public}/api/shop/things/hat`, { headers })).status).toBe(400)
  })

  it('does not answer plain HTTP, nor who never ends the handshake', async () => {
    expect(await sendRaw(door, 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n')).not.toContain('HTTP/1.1 200')
    const hurried = await openDoors(dispatcher, {
      certificate: await certificate(),
      connections: { handshakeTimeoutMs: 100 },
    })
    const silent = watch(connectPlainly(Number(new URL(hurried.addresses.public).port), '127.0.0.1'))
    silent.socket.write('\u0016\u0003\u0001')
    expect((await silent.closed()).afterMs).toBeLessThan(5000)
  })

  it('shows another certificate when it is given one, and connections that are open stay', async () => {
    const before = await handshake()
    const reader = watch(before)
    const [old, next] = [before.getPeerX509Certificate(), await certificate()]
    gateway.useCertificate(next)
    for (const url of [door, admin]) {
      const after = await handshake({}, url)
      expect(after.getPeerX509Certificate()?.fingerprint256).not.toBe(old?.fingerprint256)
      expect(next.chainPem).toContain(after.getPeerX509Certificate()?.raw.toString('base64').slice(0, 60))
      after.destroy()
    }
    before.write('GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect((await reader.closed()).text).toContain('healthy')
  })
})

describe('who comes without TLS', () => {
  it('C-85 is sent to the same place with it, and keeps the method', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const reply = await fetch(`${redirect}/api/shop/things/a%20b?x=1`, { method, redirect: 'manual' })
      expect([reply.status, reply.headers.get('location')]).toEqual([
        308,
        'https://sallyport.test/api/shop/things/a%20b?x=1',
      ])
      expect(reply.headers.get('strict-transport-security')).toBeNull()
    }
  })

  it.each([
    ['a foreign host', 'GET /x HTTP/1.1\r\nHost: evil.test'],
    ['a foreign origin', 'GET http://evil.test/x HTTP/1.1\r\nHost: evil.test'],
    ['a foreign host by a proxy', 'GET /x HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.test'],
    ['a path that looks like a host', 'GET //evil.test/x HTTP/1.1\r\nHost: a'],
    ['a path that looks like one to some', 'GET /\\evil.test/x HTTP/1.1\r\nHost: a'],
    ['user information', 'GET /@evil.test HTTP/1.1\r\nHost: a'],
    ['no path', 'OPTIONS * HTTP/1.1\r\nHost: a'],
    ['no path, but a host', 'GET .evil.test/ HTTP/1.1\r\nHost: a'],
    ['a host to connect to', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: a'],
  ])('is not sent elsewhere: %s', async (_, head) => {
    const text = await sendRaw(redirect, `${head}\r\nConnection: close\r\n\r\n`)
    const location = /^location: (.*)\r$/im.exec(text)?.[1]
    if (location === undefined) expect(statusesIn(text)).not.toContain(308)
    else expect(new URL(location).host).toBe('sallyport.test')
  })

  it('may see whether anything answers', async () => {
    const reply = await fetch(`${redirect}/health`)
    expect([reply.status, await reply.text()]).toEqual([200, 'healthy\n'])
  })
})

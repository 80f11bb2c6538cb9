import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Certificate, development } from '@sallyport/gateway'
import { systemClock } from '@sallyport/kernel'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../settings/settings.ts'
import { readCertificate } from './certificate-files.ts'
import { authorityFileOf, developmentCertificate } from './development-certificate.ts'
import { openDoorTls } from './door-tls.ts'

const day = 24 * 60 * 60 * 1000
const noon = new Date('2027-03-01T12:00:00Z')
const later = (days: number): Date => new Date(noon.getTime() + days * day)

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-tls-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A pair as an operator would have it. */
async function pair(now = new Date()): Promise<Certificate> {
  const [authorityKey, privateKeyPem] = [development.makePrivateKey(), development.makePrivateKey()]
  const signer = { certificatePem: await development.makeAuthority(authorityKey, now), privateKeyPem: authorityKey }
  const names = ['play.example.org', 'localhost']
  return { privateKeyPem, chainPem: await development.issueCertificate(signer, { privateKeyPem, names }, now) }
}

let files = 0
async function put(content: string): Promise<string> {
  const path = join(directory, `${(files += 1)}.pem`)
  await writeFile(path, content)
  return path
}

describe('a certificate of one’s own', () => {
  it('is read as it is', async () => {
    const { chainPem, privateKeyPem } = await pair()
    const [certificateFile, keyFile] = [await put(chainPem), await put(privateKeyPem)]
    expect(await readCertificate({ kind: 'files', certificateFile, keyFile })).toEqual({ chainPem, privateKeyPem })
  })

  it('that cannot be used is named with its setting, its file and the reason', async () => {
    const [{ chainPem, privateKeyPem }, other] = [await pair(), await pair()]
    const locked = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret-value' },
    }).privateKey
    const good = { certificateFile: await put(chainPem), keyFile: await put(privateKeyPem) }
    const missing = join(directory, 'missing.pem')
    for (const [which, path, reason] of [
      ['certificateFile', missing, 'is not there'],
      ['keyFile', missing, 'is not there'],
      ['keyFile', directory, 'is a directory'],
      ['certificateFile', await put('secret-value'), 'is no certificate in PEM'],
      ['certificateFile', good.keyFile, 'is no certificate in PEM'],
      ['keyFile', await put('secret-value'), 'is no private key in PEM'],
      ['keyFile', await put(locked), 'has a passphrase, and must have none'],
      ['keyFile', await put(other.privateKeyPem), 'does not fit the certificate'],
    ] as const) {
      const setting = which === 'keyFile' ? 'SALLYPORT_TLS_KEY' : 'SALLYPORT_TLS_CERTIFICATE'
      const reading = readCertificate({ kind: 'files', ...good, [which]: path })
      await expect(reading).rejects.toThrow(`${setting}: ${path} ${reason}`)
      await expect(reading).rejects.not.toThrow('secret-value')
    }
  })

  it('is followed when its files change, and kept as long as the new ones do not fit', async () => {
    const [first, second] = [await pair(), await pair()]
    const settings = {
      dataDirectory: directory,
      host: '127.0.0.1',
      publicUrl: 'https://play.example.org',
      tls: { kind: 'files', certificateFile: await put(first.chainPem), keyFile: await put(first.privateKeyPem) },
    } as const
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    const tls = await openDoorTls(settings, { clock: systemClock, log, lookMs: 10 })
    const used: Certificate[] = []
    const following = tls?.follow((certificate) => used.push(certificate))
    // In one step each: half a file would not fit for another reason.
    await rename(await put(second.chainPem), settings.tls.certificateFile)
    await expect.poll(() => lines).toEqual([expect.stringContaining('does not fit the certificate')])
    expect(used).toEqual([])
    await rename(await put(second.privateKeyPem), settings.tls.keyFile)
    await expect.poll(() => used).toEqual([second])
    following?.stop()
    expect(lines).toHaveLength(1)
  })

  it.each([
    ['has expired', -91],
    ['expires at', -80],
    ['counts only from', 2],
  ])('gives a warning when it %s', async (words, days) => {
    const { chainPem, privateKeyPem } = await pair(later(days))
    const tls = { kind: 'files', certificateFile: await put(chainPem), keyFile: await put(privateKeyPem) } as const
    const lines: string[] = []
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    const settings = { dataDirectory: directory, host: '127.0.0.1', publicUrl: 'https://play.example.org', tls }
    await openDoorTls(settings, { clock: { now: () => noon }, log })
    await openDoorTls({ ...settings, publicUrl: 'https://other.example.org' }, { clock: { now: () => noon }, log })
    expect(lines).toEqual([expect.stringContaining(words), expect.stringContaining('is not for other.example.org')])
  })
})

describe('a certificate for development', () => {
  const names = ['localhost', '127.0.0.1', '::1', 'play.test']
  const read = async (data: string) => new X509Certificate(await readFile(authorityFileOf(data), 'utf8'))

  it('is made once, is for every name, and its keys are for nobody else to read', async () => {
    const data = join(directory, 'first')
    const first = await developmentCertificate(data, names, noon)
    expect(await developmentCertificate(data, names, later(50))).toEqual(first)
    const [own, authority] = [new X509Certificate(first.chainPem), await read(data)]
    expect([own.ca, authority.ca, own.verify(authority.publicKey)]).toEqual([false, true, true])
    expect(own.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:play.test')
    for (const name of ['authority.key', 'doors.key', 'doors.pem', 'authority.pem']) {
      expect((await stat(join(data, 'tls', name))).mode & 0o077, name).toBe(0)
    }
  })

  it('is made anew before it expires, for other names, and when it is damaged, by the same authority', async () => {
    const data = join(directory, 'second')
    const first = await developmentCertificate(data, names, noon)
    const authority = await read(data)
    const renewed = await developmentCertificate(data, names, later(61))
    expect(renewed.chainPem).not.toBe(first.chainPem)
    const elsewhere = await developmentCertificate(data, [...names, 'other.test'], later(61))
    expect(new X509Certificate(elsewhere.chainPem).checkHost('other.test')).toBe('other.test')
    await writeFile(join(data, 'tls', 'doors.pem'), 'nonsense')
    const mended = await developmentCertificate(data, names, later(62))
    for (const { chainPem } of [renewed, elsewhere, mended]) {
      expect(new X509Certificate(chainPem).verify(authority.publicKey)).toBe(true)
    }
    expect((await read(data)).fingerprint256).toBe(authority.fingerprint256)
  })

  it('has another authority before the first one expires', async () => {
    const data = join(directory, 'third')
    await developmentCertificate(data, names, noon)
    const authority = await read(data)
    await developmentCertificate(data, names, later(600))
    expect((await read(data)).fingerprint256).toBe(authority.fingerprint256)
    const { chainPem } = await developmentCertificate(data, names, later(631))
    const next = await read(data)
    expect(next.fingerprint256).not.toBe(authority.fingerprint256)
    expect(new X509Certificate(chainPem).verify(next.publicKey)).toBe(true)
  })

  it('is made by one of two programs that start at once, and the other has one that fits too', async () => {
    const data = join(directory, 'fourth')
    const both = await Promise.all([1, 2].map(() => developmentCertificate(data, names, noon)))
    const authority = await read(data)
    for (const { chainPem, privateKeyPem } of both) {
      expect(new X509Certificate(chainPem).verify(authority.publicKey)).toBe(true)
      expect(privateKeyPem).toBe(both[0]?.privateKeyPem)
    }
  })
})

describe('settings about TLS', () => {
  it('are off, a certificate of one’s own, or one for development', () => {
    expect(readSettings({}).tls).toBeUndefined()
    expect(readSettings({ SALLYPORT_TLS_DEVELOPMENT: 'true' }).tls).toEqual({ kind: 'development' })
    const own = { SALLYPORT_TLS_CERTIFICATE: '/etc/own.pem', SALLYPORT_TLS_KEY: '/etc/own.key' }
    const tls = { kind: 'files', certificateFile: '/etc/own.pem', keyFile: '/etc/own.key' }
    expect(readSettings({ ...own, SALLYPORT_REDIRECT_PORT: '0' })).toMatchObject({ tls, redirectPort: 0 })
  })

  it.each<[string, Record<string, string>]>([
    ['needed together', { SALLYPORT_TLS_KEY: '/etc/own.key' }],
    ['set one of them', { SALLYPORT_TLS_DEVELOPMENT: 'true', SALLYPORT_TLS_CERTIFICATE: 'a', SALLYPORT_TLS_KEY: 'b' }],
    ['SALLYPORT_REDIRECT_PORT leads to https', { SALLYPORT_REDIRECT_PORT: '80' }],
    ['must be an https address', { SALLYPORT_TLS_DEVELOPMENT: 'true', SALLYPORT_PUBLIC_URL: 'http://play.test' }],
  ])('that contradict one another are refused: %s', (words, environment) => {
    expect(() => readSettings(environment)).toThrow(words)
  })
})

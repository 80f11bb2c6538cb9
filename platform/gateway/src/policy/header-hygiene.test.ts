import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { AmbiguousRequest, cleanRequest } from './header-hygiene.ts'

const own = {
  host: 'sallyport.test',
  'x-request-id': 'id',
  'x-forwarded-for': '192.0.2.1',
  'x-forwarded-proto': 'http',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
  tracestate: undefined,
} as const

function clean(...headers: [string, string][]) {
  const request = new IncomingMessage(new Socket())
  request.rawHeaders = headers.flat()
  for (const [name, value] of headers) request.headers[name.toLowerCase()] ??= value
  cleanRequest(request, own)
  const raw: [string, string][] = []
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    raw.push([request.rawHeaders[index] ?? '', request.rawHeaders[index + 1] ?? ''])
  }
  return { raw: raw.filter(([name]) => !Object.hasOwn(own, name)), all: raw, parsed: request.headers }
}

describe('what a client may say (design §3)', () => {
  it('passes on', () => {
    const { raw, parsed } = clean(
      ['Authorization', 'Bearer x'],
      ['Content-Type', 'application/json'],
      ['Accept', '*/*'],
    )
    expect(raw).toEqual([
      ['Authorization', 'Bearer x'],
      ['Content-Type', 'application/json'],
      ['Accept', '*/*'],
    ])
    expect(parsed['authorization']).toBe('Bearer x')
  })

  it.each([
    'X-User',
    'x-roles',
    'X-Gateway-Credential',
    'X-FORWARDED-FOR',
    'X-Forwarded-Host',
    'x-forwarded-anything',
    'Forwarded',
    'X-Real-IP',
    'X-Request-Id',
    'Traceparent',
    'tracestate',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Proxy-Authorization',
    'Proxy-Connection',
  ])('does not include %s', (name) => {
    const { raw, parsed } = clean([name, 'forged'], [name.toLowerCase(), 'twice'])
    expect(raw).toEqual([])
    expect(Object.values(parsed)).not.toContain('forged')
    expect(Object.values(parsed)).not.toContain('twice')
  })

  it('does not include headers named by Connection, whatever their case', () => {
    const { raw } = clean(
      ['Connection', 'close, X-Secret , x-other'],
      ['x-secret', '1'],
      ['X-Other', '2'],
      ['X-Third', '3'],
    )
    expect(raw).toEqual([['X-Third', '3']])
  })

  it('keeps the framing of the body even when Connection names it', () => {
    const { raw } = clean(['Connection', 'content-length, transfer-encoding'], ['Content-Length', '3'])
    expect(raw).toEqual([['Content-Length', '3']])
  })

  it('does not include the host: that is the one the installation is known by', () => {
    const { all, parsed } = clean(['Host', 'evil.test'])
    expect(all.filter(([name]) => name.toLowerCase() === 'host')).toEqual([['host', 'sallyport.test']])
    expect(parsed.host).toBe('sallyport.test')
  })

  it('does not include two credentials at once', () => {
    expect(() => clean(['Authorization', 'Bearer a'], ['authorization', 'Bearer b'])).toThrow(AmbiguousRequest)
  })
})

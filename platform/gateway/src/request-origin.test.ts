import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { originReader } from './request-origin.ts'

function from(peer: string, headers: Record<string, string> = {}): IncomingMessage {
  const socket = new Socket()
  Object.defineProperty(socket, 'remoteAddress', { value: peer })
  const request = new IncomingMessage(socket)
  Object.assign(request.headers, headers)
  return request
}

const said = { 'x-forwarded-for': '198.51.100.7', 'x-forwarded-proto': 'https' }

describe('where a request comes from (accounts A-F8, A-F10)', () => {
  it('is the peer as long as no proxy is trusted, whatever it says', () => {
    const originOf = originReader([])
    expect(originOf(from('192.0.2.1', said))).toEqual({ address: '192.0.2.1', scheme: 'http' })
    expect(originOf(from('::ffff:192.0.2.1')).address).toBe('192.0.2.1')
  })

  it('is what a trusted proxy says, and nobody else', () => {
    const originOf = originReader(['192.0.2.1', '10.0.0.0/8', 'fd00::/8'])
    for (const proxy of ['192.0.2.1', '10.1.2.3', '::ffff:10.1.2.3', 'fd00::1'])
      expect(originOf(from(proxy, said))).toEqual({ address: '198.51.100.7', scheme: 'https' })
    expect(originOf(from('192.0.2.2', said))).toEqual({ address: '192.0.2.2', scheme: 'http' })
  })

  it('is the first address on the way back that is no trusted proxy: what a client puts in front does not count', () => {
    const originOf = originReader(['10.0.0.0/8'])
    const chain = { 'x-forwarded-for': '127.0.0.1, 203.0.113.9, 10.0.0.2' }
    expect(originOf(from('10.0.0.1', chain)).address).toBe('203.0.113.9')
  })

  it.each(['', 'unknown', '203.0.113.9:4711', '<script>', '999.1.1.1'])('is the proxy when it says %j', (text) => {
    expect(originReader(['10.0.0.1'])(from('10.0.0.1', { 'x-forwarded-for': text })).address).toBe('10.0.0.1')
  })

  it.each([
    ['HTTPS', 'https'],
    ['http, https', 'https'],
    ['https, http', 'http'],
    ['', 'http'],
  ])('A-7 reads the scheme %j as %s', (text, scheme) => {
    expect(originReader(['10.0.0.1'])(from('10.0.0.1', { 'x-forwarded-proto': text })).scheme).toBe(scheme)
  })

  it('cannot be set up with what is no address', () => {
    expect(() => originReader(['proxy.example.org'])).toThrow(TypeError)
  })
})

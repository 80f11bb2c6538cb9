import { errors } from 'undici'
import { describe, expect, it } from 'vitest'
import { failureOf } from './failure.ts'
import { BodyBroken, BodyTooLarge } from './request-body.ts'

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(code), { code, syscall })
}

describe('what went wrong with a call', () => {
  it.each([
    ['refused', systemError('ECONNREFUSED', 'connect')],
    ['refused', systemError('EHOSTUNREACH', 'connect')],
    ['refused', systemError('ENOTFOUND', 'getaddrinfo')],
    ['refused', new errors.ConnectTimeoutError('late')],
    ['refused', new AggregateError([systemError('ECONNREFUSED', 'connect'), systemError('ETIMEDOUT', 'connect')])],
    ['refused', Object.assign(new Error('certificate'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })],
    ['stale', systemError('ECONNRESET', 'read')],
    ['stale', systemError('EPIPE', 'write')],
    ['stale', new errors.SocketError('other side closed')],
  ])('is that it was %s, before anything was sent: %s', (failure, error) => {
    expect(failureOf(error, false)).toBe(failure)
  })

  it.each([
    ['lost', systemError('ECONNRESET', 'read')],
    ['lost', new errors.SocketError('other side closed')],
    ['lost', new errors.BodyTimeoutError()],
    ['silent', new errors.HeadersTimeoutError()],
    ['garbled', new errors.HTTPParserError('not HTTP')],
    ['garbled', new errors.HeadersOverflowError()],
    ['unsendable', new errors.InvalidArgumentError('invalid request path')],
    ['unsendable', new BodyBroken('half')],
    ['too-large', new BodyTooLarge('large')],
    ['closing', new errors.ClientClosedError()],
  ])('is that it was %s, after something was sent: %s', (failure, error) => {
    expect(failureOf(error, true)).toBe(failure)
  })
})

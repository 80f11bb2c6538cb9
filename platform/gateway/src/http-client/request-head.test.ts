import { describe, expect, it } from 'vitest'
import { UnsendableRequest } from './errors.ts'
import { requestHead } from './request-head.ts'

const request = { method: 'GET', target: '/a?b', headers: ['Host', 'a', 'X-Thing', 'é'] }

describe('the head of a request', () => {
  it('has its line, its headers as they came, and an empty line', () => {
    expect(requestHead(request, undefined)).toBe('GET /a?b HTTP/1.1\r\nHost: a\r\nX-Thing: é\r\n\r\n')
  })

  it.each([
    [7, 'content-length: 7\r\n'],
    [0, 'content-length: 0\r\n'],
    ['chunked', 'transfer-encoding: chunked\r\n'],
    [undefined, ''],
  ] as const)('is framed by %s once, whatever its headers say', (framing, line) => {
    const headers = [
      'Content-Length',
      '9',
      'content-length',
      '8',
      'Transfer-Encoding',
      'x',
      'Expect',
      'y',
      'Connection',
      'z',
    ]
    expect(requestHead({ ...request, headers }, framing)).toBe(`GET /a?b HTTP/1.1\r\n${line}\r\n`)
  })

  it('asks for another protocol', () => {
    expect(requestHead({ ...request, headers: [] }, undefined, 'websocket')).toBe(
      'GET /a?b HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
    )
  })

  it.each([
    ['a method of two words', { ...request, method: 'GET /' }],
    ['no method', { ...request, method: '' }],
    ['a path with a space', { ...request, target: '/a b' }],
    ['a path with a line end', { ...request, target: '/a\r\nb' }],
    ['a path with letters of two bytes, one of which is a line end', { ...request, target: '/\u010a' }],
    ['no path', { ...request, target: '' }],
    ['a name with a line end', { ...request, headers: ['a\r\nb', 'c'] }],
    ['a name with a colon', { ...request, headers: ['a:', 'c'] }],
    ['no name', { ...request, headers: ['', 'c'] }],
    ['a value with a line end', { ...request, headers: ['a', 'b\r\nc: d'] }],
    ['a value with a bare line feed', { ...request, headers: ['a', 'b\n'] }],
    ['a value with letters of two bytes, one of which is a line end', { ...request, headers: ['a', '\u010d\u010a'] }],
    ['a value with NUL', { ...request, headers: ['a', '\0'] }],
  ])('is not written with %s', (_what, unfit) => {
    expect(() => requestHead(unfit, undefined)).toThrow(UnsendableRequest)
  })
})

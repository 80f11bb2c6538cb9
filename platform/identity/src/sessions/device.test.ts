import { describe, expect, it } from 'vitest'
import { deviceOf } from './device.ts'

describe('a device', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0', 'Firefox', 'Linux'],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1',
      'Safari',
      'iOS',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0',
      'Microsoft Edge',
      'Windows',
    ],
    ['curl/8.5.0', 'curl', undefined],
    ['python-requests/2.31', 'python-requests', undefined],
  ])('is known by what it says: %s', (userAgent, program, system) =>
    expect(deviceOf(userAgent)).toEqual({ program, system }),
  )

  it.each([
    undefined,
    '',
    ' ',
    '<script>alert(1)</script>',
    '<b>x</b>/1.0 foo',
    '"><img src=x>/1',
    '😀/1',
    `${'a'.repeat(250)}/1`,
    '/'.repeat(256),
  ])('is unknown when it says nothing sensible: %j', (userAgent) =>
    expect(deviceOf(userAgent)).toEqual({ program: undefined, system: undefined }),
  )
})

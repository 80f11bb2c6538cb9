import { describe, expect, it } from 'vitest'
import { networkOf } from './network.ts'
import { parseRates } from './rate.ts'

describe('A-12 rates', () => {
  it('are read as they are written', () => {
    expect(parseRates('500/minute, 50/second')).toEqual([
      { requests: 500, seconds: 60 },
      { requests: 50, seconds: 1 },
    ])
    expect(parseRates('1/day')).toEqual([{ requests: 1, seconds: 86_400 }])
    expect(parseRates('none')).toEqual([])
  })

  it.each(['', '0/hour', '5', '5/week', '5/hour,', '-5/hour', '5/hours', '5/constructor'])('are not %j', (text) => {
    expect(parseRates(text)).toBeUndefined()
  })
})

describe('one client', () => {
  it('is an IPv4 address, however it is written', () => {
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1')
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1')
  })

  it('is a network of 64 bits in IPv6, whose owner could take another address for each request', () => {
    expect(networkOf('2001:db8::1')).toBe(networkOf('2001:db8:0:0:ffff::2'))
    expect(networkOf('2001:db8::1')).not.toBe(networkOf('2001:db8:0:1::1'))
  })
})

import { describe, expect, it } from 'vitest'
import { networkOf } from './network.ts'

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

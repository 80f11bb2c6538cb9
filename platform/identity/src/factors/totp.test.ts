import { describe, expect, it } from 'vitest'
import { newTotpSecret, stepOfCode, totpUri } from './totp.ts'

/** The secret of RFC 6238, appendix B, and its codes; of their eight digits the last six are what six digits give. */
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const at = (seconds: number): Date => new Date(seconds * 1000)

describe('the codes of an authenticator app (RFC 6238)', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('at %i is %s', (seconds, code) => expect(stepOfCode(secret, code, at(seconds))).toBe(Math.floor(seconds / 30)))

  it('are taken one step early and one late, and no more', () => {
    const code = '005924'
    const step = 1_234_567_890 / 30
    for (const seconds of [-30, 0, 29, 30, 59]) expect(stepOfCode(secret, code, at(step * 30 + seconds))).toBe(step)
    for (const seconds of [-31, 60]) expect(stepOfCode(secret, code, at(step * 30 + seconds))).toBeUndefined()
  })

  it.each(['', '5924', '00592', '0059240', '005 924', '００５９２４', '-05924', '0x5924', 'abcdef', '005924\n'])(
    'are six digits and not %j',
    (code) => expect(stepOfCode(secret, code, at(1_234_567_890))).toBeUndefined(),
  )
})

describe('a new secret', () => {
  it('has 160 bits, and another one is another one', () => {
    expect(newTotpSecret()).toMatch(/^[A-Z2-7]{32}$/)
    expect(newTotpSecret()).not.toBe(newTotpSecret())
  })

  it('is read by apps with who it is for', () => {
    const uri = new URL(totpUri(secret, { issuer: 'localhost', username: 'Ada & Söhne' }))
    expect([uri.protocol, uri.host]).toEqual(['otpauth:', 'totp'])
    expect(decodeURIComponent(uri.pathname)).toBe('/localhost:Ada & Söhne')
    expect(uri.searchParams.get('secret')).toBe(secret)
    expect(uri.searchParams.get('issuer')).toBe('localhost')
  })
})

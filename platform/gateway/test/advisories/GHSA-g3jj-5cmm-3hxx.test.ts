import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { encode } from '../conformance/signing-key.ts'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2026-107724): a public key in JSON, or a set of them, was taken for the secret of HS256.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-g3jj-5cmm-3hxx
 */
it('GHSA-g3jj-5cmm-3hxx: nor is it as it was published', async () => {
  const { jwk, kid, publicKey } = house.keys.RS256
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode(house.claims())}`
  for (const published of [jwk, publicKey.export({ format: 'jwk' }), { keys: [jwk] }]) {
    const signature = createHmac('sha256', JSON.stringify(published)).update(input).digest('base64url')
    expect(await house.verdictsOn(`${input}.${signature}`)).toEqual([401, 401])
  }
})

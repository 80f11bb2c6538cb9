import { expect, it } from 'vitest'
import { issuerName } from '../conformance/harness.ts'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2025-30144): of several issuers that a token named one had to be the right one.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-gm45-q3v2-6cf8
 */
it.each([[['https://attacker.test', issuerName]], [[issuerName, 'https://attacker.test']], [[issuerName]]])(
  'GHSA-gm45-q3v2-6cf8: a token has one issuer: %j',
  async (iss) => {
    expect(await house.verdictsOn(house.keys.RS256.sign(house.claims({ iss })))).toEqual([401, 401])
  },
)

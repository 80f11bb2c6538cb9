import { expect, it } from 'vitest'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2026-35042): extensions that a token called critical were not looked at.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-hm7r-c7qw-ghp6
 */
it('GHSA-hm7r-c7qw-ghp6: a token with a critical extension that nobody here knows is refused', async () => {
  const header = { crit: ['x-custom-policy'], 'x-custom-policy': 'require-mfa' }
  expect(await house.verdictsOn(house.keys.RS256.sign(house.claims(), header))).toEqual([401, 401])
})

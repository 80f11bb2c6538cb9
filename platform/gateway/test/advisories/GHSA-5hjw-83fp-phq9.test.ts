import { expect, it } from 'vitest'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2026-107723): of claims in a list neither time nor issuer nor audience was looked at.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-5hjw-83fp-phq9
 */
it('GHSA-5hjw-83fp-phq9: claims in a list are none, however well they are signed', async () => {
  for (const claims of [[house.claims()], [], [house.claims({ exp: 1 })]]) {
    expect(await house.verdictsOn(house.keys.RS256.sign(JSON.stringify(claims)))).toEqual([401, 401])
  }
})

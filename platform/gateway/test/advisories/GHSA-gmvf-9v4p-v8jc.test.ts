import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { encode } from '../conformance/signing-key.ts'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2026-44351): a key that was not found, and was empty therefore, was taken for the secret of HS256.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-gmvf-9v4p-v8jc
 */
it.each(['RS256', 'unknown', ''])(
  'GHSA-gmvf-9v4p-v8jc: nothing is no secret, whatever key is named: %j',
  async (kid) => {
    for (const [alg, hash] of [
      ['HS256', 'sha256'],
      ['HS512', 'sha512'],
    ] as const) {
      const input = `${encode({ alg, typ: 'JWT', kid })}.${encode(house.claims())}`
      const signature = createHmac(hash, '').update(input).digest('base64url')
      expect(await house.verdictsOn(`${input}.${signature}`)).toEqual([401, 401])
    }
  },
)

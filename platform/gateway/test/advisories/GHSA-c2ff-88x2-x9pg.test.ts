import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { encode } from '../conformance/signing-key.ts'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2023-48223): a public key was taken for the secret of HS256, so that anybody could sign.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-c2ff-88x2-x9pg
 */
it('GHSA-c2ff-88x2-x9pg: the public key is no secret', async () => {
  const { publicKey, kid } = house.keys.RS256
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode(house.claims())}`
  for (const secret of [pem, pem.trim()]) {
    const signature = createHmac('sha256', secret).update(input).digest('base64url')
    expect(await house.verdictsOn(`${input}.${signature}`)).toEqual([401, 401])
  }
})

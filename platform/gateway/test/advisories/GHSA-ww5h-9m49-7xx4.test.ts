import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { encode } from '../conformance/signing-key.ts'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt (CVE-2026-107722): the same again for a public key with anything before it.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-ww5h-9m49-7xx4
 */
it('GHSA-ww5h-9m49-7xx4: nor is it with anything before it', async () => {
  const { publicKey, kid } = house.keys.RS256
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  const input = `${encode({ alg: 'HS256', typ: 'JWT', kid })}.${encode(house.claims())}`
  for (const secret of [`\ufeff${pem}`, `\0${pem}`, `# the key\n${pem}`, `Bag Attributes\n${pem}`]) {
    const signature = createHmac('sha256', secret).update(input).digest('base64url')
    expect(await house.verdictsOn(`${input}.${signature}`)).toEqual([401, 401])
  }
})

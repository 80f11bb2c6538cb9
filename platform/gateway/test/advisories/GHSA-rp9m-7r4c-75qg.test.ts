import { expect, it } from 'vitest'
import { openTheHouse } from './support.ts'

const house = await openTheHouse()

/*
 * fast-jwt: whoever built the keys of its cache of something less than the whole token mixed up callers. The whole is used here.
 * https://github.com/nearform/fast-jwt/security/advisories/GHSA-rp9m-7r4c-75qg
 */
it('GHSA-rp9m-7r4c-75qg: two tokens that differ in their subject alone are two callers, also when both are cached', async () => {
  const subjects = ['1', '2'].map((digit) => `a2a3a4a5-8f0b-4a53-9a3e-0c9b7f3f1d0${digit}`)
  const claims = house.claims()
  const tokens = subjects.map((sub) => house.keys.RS256.sign({ ...claims, sub }))
  for (let round = 0; round < 2; round += 1) {
    for (const [index, token] of tokens.entries()) {
      const reply = await house.get('/desk/me', { authorization: `Bearer ${token}` })
      expect(await reply.json()).toMatchObject({ accountId: subjects[index] })
    }
  }
})

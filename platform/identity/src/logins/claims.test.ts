import { type AccountId, newId } from '@sallyport/kernel'
import { describe, expect, it } from 'vitest'
import type { SessionId } from '../sessions/session.ts'
import { unsignedTokens } from './claims.ts'

const ada = {
  uid: newId<AccountId>(),
  username: 'Ada',
  roles: [{ name: 'student' }, { name: 'user' }, { name: 'registrar' }],
}
const sid = newId<SessionId>()
const noon = new Date('2026-03-01T12:00:00.900Z')

function claims() {
  const ids = ['one', 'two', 'three']
  const newTokenId = () => ids.shift() ?? 'none'
  return unsignedTokens(
    ada,
    { sid, now: noon, newTokenId },
    { issuer: 'an issuer', audience: 'an audience', lifeSeconds: 300 },
  )
}

describe('the claims of a login', () => {
  it('E-24 E-25 are these and no others', () => {
    const iat = Math.floor(noon.getTime() / 1000)
    const both = { aud: 'an audience', iss: 'an issuer', sub: ada.uid, username: 'ada', sid, iat, exp: iat + 300 }
    expect(claims()).toEqual({
      access_token: { ...both, jti: 'one', roles: ['registrar', 'student'] },
      refresh_token: { ...both, jti: 'two' },
      exp: iat + 300,
    })
  })
})

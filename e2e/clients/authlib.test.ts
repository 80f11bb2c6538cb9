import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser, issuer } from '../openid/browser.ts'
import { addClient, callback } from '../openid/clients.ts'
import { objectOf } from '../support/http.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { type Authlib, startAuthlib } from './authlib.ts'

let ada: Player
let authlib: Authlib
let clientId: string

beforeAll(async () => {
  ada = await registerPlayer()
  const { id, secret = '' } = await addClient({ name: 'Notebook', first_party: true })
  clientId = id
  authlib = startAuthlib({
    ISSUER: issuer().href,
    CLIENT_ID: id,
    CLIENT_SECRET: secret,
    REDIRECT_URI: callback,
  })
})

afterAll(() => authlib.stop())

/** The address that somebody comes back to after signing in. */
async function comeBack(): Promise<string> {
  const { url } = await authlib.ask('begin')
  return (await new Browser().signIn(String(url), ada)).url
}

describe('a Python program with Authlib', () => {
  it('signs somebody in with PKCE and verifies the ID token', async () => {
    const { claims } = await authlib.ask('finish', await comeBack())
    expect(claims).toMatchObject({ iss: issuer().href, aud: clientId, sub: ada.uid })
    expect(await authlib.ask('userinfo')).toEqual({
      status: 200,
      claims: { sub: ada.uid, preferred_username: ada.username, email: ada.email, email_verified: false },
    })
  })

  it('takes nobody back whose state is not the one they were sent with', async () => {
    const back = new URL(await comeBack())
    back.searchParams.set('state', 'guessed')
    expect(await authlib.ask('finish', back.href)).toMatchObject({ refused: 'MismatchingStateException' })
  })

  it('renews its tokens, each refresh token once', async () => {
    const { tokens } = await authlib.ask('finish', await comeBack())
    const before = String(objectOf(tokens)['refresh_token'])
    const renewed = await authlib.ask('refresh', before)
    expect(renewed).toMatchObject({ token_type: 'Bearer', access_token: expect.any(String) })
    expect(renewed['refresh_token']).not.toBe(before)
    expect((await authlib.ask('userinfo'))['status']).toBe(200)
    expect(await authlib.ask('refresh', before)).toMatchObject({ error: 'invalid_grant' })
    expect((await authlib.ask('userinfo'))['status']).toBe(401)
  })

  it('acts for itself', async () => {
    const token = String((await authlib.ask('act'))['access_token'])
    expect(await authlib.ask('introspect', token)).toMatchObject({ active: true, client_id: clientId })
    expect(await authlib.ask('revoke', token)).toEqual({ status: 200 })
    expect(await authlib.ask('introspect', token)).toEqual({ active: false })
  })
})

import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { callPath, textOf } from '../support/http.ts'
import { adminToken, decodeToken, type Player, registerPlayer } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, afterSignOut, begin, callback, connect, type RegisteredClient } from './clients.ts'

let ada: Player
let orchard: RegisteredClient
let mobile: RegisteredClient

beforeAll(async () => {
  ada = await registerPlayer()
  orchard = await addClient({ name: 'Orchard', first_party: true })
  mobile = await addClient({ name: 'Someone <else>', confidential: false })
})

const userinfo = (token: string) => callPath('public', 'GET', '/api/auth/userinfo', { token })

describe('a first-party client (openid-client)', () => {
  it('has somebody sign in, learns who it is, renews its tokens, and signs them out', async () => {
    const config = await connect(orchard)
    const { url, checks } = await begin(config)
    const browser = new Browser()
    const asked = await browser.go(url)
    expect([asked.answer.status, asked.title]).toEqual([200, 'Sign in to Orchard'])
    const { url: back } = await browser.submit(asked, { username: ada.username, password: ada.password })
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks)
    expect(tokens.claims()).toMatchObject({ iss: issuer().href, aud: orchard.id, sub: ada.uid })
    expect(tokens.token_type).toBe('bearer')
    expect(await openid.fetchUserInfo(config, tokens.access_token, ada.uid)).toEqual({
      sub: ada.uid,
      preferred_username: ada.username,
      email: ada.email,
      email_verified: false,
    })
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token)

    const end = openid.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: afterSignOut,
      state: 'home',
    })
    const question = await browser.go(end)
    expect(question.title).toBe('Sign out?')
    expect((await browser.submit(question, { logout: 'yes' })).url).toBe(`${afterSignOut}?state=home`)
    await expect(openid.refreshTokenGrant(config, renewed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await expect(openid.fetchUserInfo(config, renewed.access_token, ada.uid)).rejects.toThrow()
    expect((await browser.go((await begin(config)).url)).title).toBe('Sign in to Orchard')
  })

  it('does not have somebody sign in again who has, and may ask for it', async () => {
    const config = await connect(orchard)
    const browser = new Browser()
    await browser.signIn((await begin(config)).url, ada)
    const again = await begin(config)
    const { url } = await browser.go(again.url)
    expect((await openid.authorizationCodeGrant(config, new URL(url), again.checks)).claims()?.sub).toBe(ada.uid)
    const anew = await browser.go((await begin(config, { prompt: 'login' })).url)
    expect(anew.title).toBe('Sign in to Orchard')
    const silent = await new Browser().go((await begin(config, { prompt: 'none' })).url)
    expect(new URL(silent.url).searchParams.get('error')).toBe('login_required')
  })

  it('acts for itself with its secret alone', async () => {
    const config = await connect(orchard)
    const { access_token: token } = await openid.clientCredentialsGrant(config)
    expect(await openid.tokenIntrospection(config, token)).toMatchObject({ active: true, client_id: orchard.id })
    await openid.tokenRevocation(config, token)
    expect(await openid.tokenIntrospection(config, token)).toEqual({ active: false })
    expect((await userinfo(token)).status).toBe(401)
  })

  it('pushes its request before it sends somebody (PAR)', async () => {
    const config = await connect(orchard)
    const { url, checks } = await begin(config)
    const pushed = await openid.buildAuthorizationUrlWithPAR(config, url.searchParams)
    expect(pushed.search).not.toContain('code_challenge')
    const { url: back } = await new Browser().signIn(pushed, ada)
    expect((await openid.authorizationCodeGrant(config, new URL(back), checks)).claims()?.sub).toBe(ada.uid)
  })
})

describe('a token for the services here', () => {
  it('is taken by all of them, and ends with the session', async () => {
    const config = await connect(orchard)
    const { url, checks } = await begin(config, { scope: 'openid impersonate' })
    const browser = new Browser()
    const { url: back } = await browser.signIn(url, ada)
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks)
    const { header, claims } = decodeToken(tokens.access_token)
    expect(header).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
    expect(claims).toMatchObject({
      iss: issuer().href,
      aud: 'sallyport',
      sub: ada.uid,
      username: ada.username,
      role: 'user',
      roles: ['user'],
      scope: 'impersonate',
      client_id: orchard.id,
    })
    expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900)
    const [{ sub, sid, jti }] = [claims]
    for (const id of [sub, sid]) expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(jti).toEqual(expect.any(String))
    const balance = (token: string) => callPath('public', 'GET', `/api/tux-management/balances/${ada.uid}`, { token })
    expect((await userinfo(tokens.access_token)).status).toBe(200)
    expect((await balance(tokens.access_token)).status).toBe(200)

    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(decodeToken(renewed.access_token).claims).toMatchObject({ aud: 'sallyport', sid })
    const question = await browser.go(openid.buildEndSessionUrl(config, { id_token_hint: renewed.id_token ?? '' }))
    expect((await browser.submit(question, { logout: 'yes' })).title).toBe('You are signed out')
    for (const token of [tokens.access_token, renewed.access_token]) {
      expect((await userinfo(token)).status).toBe(401)
      expect((await balance(token)).status).toBe(401)
    }
  })

  it('ended by itself ends the browser session and the refresh token too', async () => {
    const config = await connect(orchard)
    const { url, checks } = await begin(config, { scope: 'openid impersonate' })
    const browser = new Browser()
    const { url: back } = await browser.signIn(url, ada)
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks)
    expect((await callPath('public', 'POST', '/api/auth/logout', { token: tokens.access_token })).status).toBe(200)
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect((await browser.go((await begin(config)).url)).title).toBe('Sign in to Orchard')
  })

  it('ends with the account, and so does everything else it was given', async () => {
    const eve = await registerPlayer()
    const config = await connect(orchard)
    const browser = new Browser()
    const platform = await begin(config, { scope: 'openid impersonate' })
    const { url: back } = await browser.signIn(platform.url, eve)
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), platform.checks)
    const plain = await begin(config)
    const { url } = await browser.go(plain.url)
    const others = await openid.authorizationCodeGrant(config, new URL(url), plain.checks)
    expect((await openid.fetchUserInfo(config, others.access_token, eve.uid)).email).toBe(eve.email)
    const gone = await callPath('public', 'DELETE', `/api/auth/accounts/${eve.uid}`, { token: tokens.access_token })
    expect(gone.status).toBe(200)
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    await expect(openid.fetchUserInfo(config, others.access_token, eve.uid)).rejects.toThrow()
    for (const { refresh_token: token = '' } of [tokens, others])
      await expect(openid.refreshTokenGrant(config, token)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect((await browser.go((await begin(config)).url)).title).toBe('Sign in to Orchard')
  })

  it('ends with a change of the password made elsewhere', async () => {
    const eve = await registerPlayer()
    const config = await connect(orchard)
    const browser = new Browser()
    const { url, checks } = await begin(config, { scope: 'openid impersonate' })
    const { url: back } = await browser.signIn(url, eve)
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks)
    const json = { old_password: eve.password, new_password: 'Another-Horse8!' }
    const path = `/api/auth/accounts/${eve.uid}/changePassword`
    expect((await callPath('public', 'POST', path, { token: eve.token, json })).status).toBe(200)
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect((await browser.go((await begin(config)).url)).title).toBe('Sign in to Orchard')
  })

  it('is not an ID token, nor one of another audience', async () => {
    const config = await connect(orchard)
    const { url, checks } = await begin(config)
    const { url: back } = await new Browser().signIn(url, ada)
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks)
    for (const token of [tokens.id_token ?? '', tokens.access_token]) expect((await userinfo(token)).status).toBe(401)
  })

  it('bound to a key is worth nothing as a bearer token (DPoP)', async () => {
    const config = await connect(orchard)
    const { url, checks } = await begin(config, { scope: 'openid impersonate' })
    const { url: back } = await new Browser().signIn(url, ada)
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks, undefined, { DPoP })
    expect(tokens.token_type).toBe('dpop')
    expect((await userinfo(tokens.access_token)).status).toBe(401)
  })
})

describe('a third-party client without a secret (oauth4webapi)', () => {
  it('gets what the person allows, once they have allowed it', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const server = await oauth.processDiscoveryResponse(issuer(), await oauth.discoveryRequest(issuer(), insecure))
    const client: oauth.Client = { client_id: mobile.id }
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    const url = new URL(server.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: mobile.id,
      redirect_uri: callback,
      response_type: 'code',
      scope: 'openid email',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    }).toString()

    const browser = new Browser()
    const consent = await browser.signIn(url, ada)
    expect(consent.title).toBe('Let Someone &#60;else&#62; in?')
    expect(consent.answer.text).toContain(`You are signed in as ${ada.username}.`)
    expect(consent.answer.text).toContain('<li>see your e-mail address</li>')
    const { url: back } = await browser.submit(consent, { answer: 'allow' })
    const params = oauth.validateAuthResponse(server, client, new URL(back), state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      oauth.None(),
      params,
      callback,
      verifier,
      insecure,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response)
    expect(oauth.getValidatedIdTokenClaims(tokens)?.sub).toBe(ada.uid)

    // It is not asked again.
    expect(new URL((await browser.go(url)).url).searchParams.get('code')).toEqual(expect.any(String))
  })

  it('hears of it when the person does not', async () => {
    const config = await connect(mobile)
    const browser = new Browser()
    const consent = await browser.signIn((await begin(config)).url, ada)
    const { url } = await browser.submit(consent, { answer: 'deny' })
    expect(new URL(url).searchParams.get('error')).toBe('access_denied')
    const cancelled = new Browser()
    const asked = await cancelled.go((await begin(config)).url)
    const sentBack = await cancelled.submit(asked, { answer: 'cancel' })
    expect(new URL(sentBack.url).searchParams.get('error')).toBe('access_denied')
  })

  it('signs a device in by a code (device flow)', async () => {
    const config = await connect(mobile)
    const device = await openid.initiateDeviceAuthorization(config, { scope: 'openid profile' })
    const browser = new Browser()
    const entered = await browser.submit(await browser.go(device.verification_uri), { user_code: device.user_code })
    expect(entered.title).toBe('Is this your device?')
    expect(entered.answer.text).toContain(device.user_code)
    const { username, password } = ada
    const consent = await browser.submit(await browser.submit(entered, {}), { username, password })
    expect(consent.title).toMatch(/^Let/)
    const done = await browser.submit(consent, { answer: 'allow' })
    expect(done.title).toBe('Your device is signed in')
    const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 })
    expect(tokens.claims()?.sub).toBe(ada.uid)
    const wrong = await browser.submit(await browser.go(device.verification_uri), { user_code: 'BBBB-BBBB' })
    expect(wrong.answer.text).toContain('There is no such code')
  })
})

describe('a client that registers itself', () => {
  it('needs a token from an administrator, and is nobody the platform trusts', async () => {
    const register = (initialAccessToken?: string) =>
      openid.dynamicClientRegistration(issuer(), { client_name: 'Newcomer', redirect_uris: [callback] }, undefined, {
        execute: [openid.allowInsecureRequests],
        ...(initialAccessToken !== undefined && { initialAccessToken }),
      })
    await expect(register()).rejects.toThrow()
    await expect(register('guessed')).rejects.toThrow()
    const allowed = await callPath('admin', 'POST', '/v1/clients/registration-tokens', { token: await adminToken() })
    const config = await register(textOf(allowed, 'initial_access_token'))
    const { url, checks } = await begin(config)
    const browser = new Browser()
    const consent = await browser.signIn(url, ada)
    expect(consent.title).toBe('Let Newcomer in?')
    const { url: back } = await browser.submit(consent, { answer: 'allow' })
    expect((await openid.authorizationCodeGrant(config, new URL(back), checks)).claims()?.sub).toBe(ada.uid)
  })
})

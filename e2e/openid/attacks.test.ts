import { createHmac } from 'node:crypto'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, callPath, objectOf, sendRaw, sortedStatuses, textOf } from '../support/http.ts'
import { decodeToken, type Player, registerPlayer } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, afterSignOut, begin, callback, connect, type Journey, type RegisteredClient } from './clients.ts'

let ada: Player
let mallory: Player
let orchard: RegisteredClient
let other: RegisteredClient
let config: openid.Configuration

beforeAll(async () => {
  ada = await registerPlayer()
  mallory = await registerPlayer()
  orchard = await addClient({ name: 'Orchard', first_party: true })
  other = await addClient({ name: 'Other', first_party: true })
  config = await connect(orchard)
})

/** A request of a client to an endpoint, with its secret. */
function request(path: string, form: Record<string, string>, client = orchard): Promise<Answer> {
  const secret = Buffer.from(`${client.id}:${client.secret ?? ''}`).toString('base64')
  return callPath('public', 'POST', `/oidc${path}`, { form, headers: { authorization: `Basic ${secret}` } })
}

/** A code that Ada was sent back with, and what the client remembers about it. */
async function newCode(
  params: Record<string, string> = {},
): Promise<{ code: string; journey: Journey; browser: Browser }> {
  const journey = await begin(config, params)
  const browser = new Browser()
  const { url } = await browser.signIn(journey.url, ada)
  return { code: new URL(url).searchParams.get('code') ?? '', journey, browser }
}

async function exchange(changes: Record<string, string> = {}, client = orchard): Promise<Answer> {
  const { code, journey } = await newCode()
  const { pkceCodeVerifier } = journey.checks
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback, code_verifier: pkceCodeVerifier }
  return request('/token', { ...form, ...changes }, client)
}

const refresh = (token: string, client = orchard) =>
  request('/token', { grant_type: 'refresh_token', refresh_token: token }, client)

const errorOf = ({ body }: Answer): unknown => objectOf(body)['error']

describe('a stolen code', () => {
  it.each([
    ['without its verifier', { code_verifier: '' }],
    ['with another verifier', { code_verifier: 'x'.repeat(43) }],
    ['for another redirect URI', { redirect_uri: `${callback}/other` }],
  ])('is worth nothing %s', async (_, changes) => expect(errorOf(await exchange(changes))).toBe('invalid_grant'))

  it('is worth nothing to another client', async () => expect(errorOf(await exchange({}, other))).toBe('invalid_grant'))

  it('that comes after it was used ends everything it gave, tokens of the services included', async () => {
    const { code, journey, browser } = await newCode({ scope: 'openid impersonate' })
    const form = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      code_verifier: journey.checks.pkceCodeVerifier,
    }
    const first = await request('/token', form)
    const bearer = textOf(first, 'access_token')
    expect((await callPath('public', 'GET', '/api/auth/userinfo', { token: bearer })).status).toBe(200)
    expect(errorOf(await request('/token', form))).toBe('invalid_grant')
    expect((await callPath('public', 'GET', '/api/auth/userinfo', { token: bearer })).status).toBe(401)
    expect(errorOf(await refresh(textOf(first, 'refresh_token')))).toBe('invalid_grant')
    expect((await browser.go((await begin(config)).url)).title).toBe('Sign in to Orchard')
  })
})

describe('a stolen refresh token', () => {
  it('is used by one of six who come at once', async () => {
    const token = textOf(await exchange(), 'refresh_token')
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(token)))
    expect(sortedStatuses(answers)).toEqual([200, 400, 400, 400, 400, 400])
  })

  it('that was used before ends the whole family', async () => {
    const first = textOf(await exchange(), 'refresh_token')
    const second = textOf(await refresh(first), 'refresh_token')
    expect(errorOf(await refresh(first))).toBe('invalid_grant')
    expect(errorOf(await refresh(second))).toBe('invalid_grant')
  })

  it('is worth nothing to another client', async () => {
    const token = textOf(await exchange(), 'refresh_token')
    expect(errorOf(await refresh(token, other))).toBe('invalid_grant')
    expect((await refresh(token)).status).toBe(200)
  })
})

describe('nobody is sent elsewhere', () => {
  it.each([
    'https://evil.example/callback',
    `${callback}/`,
    `${callback}?next=https://evil.example`,
    'https://app.example.evil.example/callback',
    'https://app.example@evil.example/callback',
    'javascript:alert(1)',
    '//evil.example',
  ])('by an authorization request to %s', async (uri) => {
    const { url } = await begin(config, { redirect_uri: uri })
    const page = await new Browser().go(url)
    expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
  })

  it('after signing out', async () => {
    for (const uri of ['https://evil.example/', `${afterSignOut}.evil.example`]) {
      const url = openid.buildEndSessionUrl(config, { client_id: orchard.id, post_logout_redirect_uri: uri })
      const page = await new Browser().go(url)
      expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
    }
  })

  it('by a client whose own address is a script', async () => {
    for (const uri of ['javascript:alert(1)', 'data:text/html,x', 'https://app.example/#x', 'nowhere'])
      await expect(addClient({ redirect_uris: [uri] })).rejects.toThrow('422')
  })
})

describe('discovery', () => {
  it.each([
    ['Host', ['GET /oidc/.well-known/openid-configuration HTTP/1.1', 'Host: evil.example']],
    ['an address for a path', ['GET http://evil.example/oidc/.well-known/openid-configuration HTTP/1.1', 'Host: x']],
    [
      'forwarded headers',
      [
        'GET /oidc/.well-known/openid-configuration HTTP/1.1',
        'Host: x',
        'X-Forwarded-Host: evil.example',
        'X-Forwarded-Proto: https',
        'Forwarded: host=evil.example',
      ],
    ],
  ])('names no stranger, whatever is said by %s', async (_, lines) => {
    const answer = await sendRaw('public', [...lines, 'Connection: close', '', ''])
    expect(answer).toContain(`"issuer":"${issuer().href}"`)
    expect(answer).toContain(`"jwks_uri":"${issuer().href}/jwks"`)
    expect(answer).not.toContain('evil.example')
  })
})

describe('the algorithm of a signature', () => {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  it('is not chosen by whoever forges an ID token to sign somebody out with', async () => {
    const { claims, header } = decodeToken(textOf(await exchange(), 'id_token'))
    const { body } = await callPath('public', 'GET', '/oidc/jwks')
    const none = `${encode({ ...header, alg: 'none' })}.${encode(claims)}.`
    const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`
    const keyed = `${input}.${createHmac('sha256', JSON.stringify(body)).update(input).digest('base64url')}`
    const withId = `${input}.${createHmac('sha256', orchard.secret ?? '')
      .update(input)
      .digest('base64url')}`
    for (const hint of [none, keyed, withId]) {
      const page = await new Browser().go(openid.buildEndSessionUrl(config, { id_token_hint: hint }))
      expect(page.answer.status).toBe(400)
    }
  })

  it('keyed with the secret of a client proves no client', async () => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: orchard.id, sub: orchard.id, aud: issuer().href, jti: 'x', iat: now, exp: now + 60 }
    const input = `${encode({ alg: 'HS256' })}.${encode(claims)}`
    const assertion = `${input}.${createHmac('sha256', orchard.secret ?? '')
      .update(input)
      .digest('base64url')}`
    const answer = await callPath('public', 'POST', '/oidc/token', {
      form: {
        grant_type: 'client_credentials',
        client_assertion: assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      },
    })
    expect([answer.status, errorOf(answer)]).toEqual([401, 'invalid_client'])
  })
})

describe('the page that asks for the password', () => {
  const { username, password } = { username: () => mallory.username, password: () => mallory.password }
  const form = () => ({ username: username(), password: password() })

  it.each([
    ['another site', { origin: 'https://evil.example' }],
    ['nowhere', { origin: 'null' }],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
  ])('takes nothing that comes from %s (CSRF)', async (_, headers) => {
    const browser = new Browser()
    const asked = await browser.go((await begin(config)).url)
    const refused = await browser.submit(asked, form(), headers)
    expect([refused.answer.status, refused.title]).toEqual([400, 'This page has run out'])
  })

  it('takes nothing without its own token, or with that of another question', async () => {
    const browser = new Browser()
    const asked = await browser.go((await begin(config)).url)
    const elsewhere = await new Browser().go((await begin(config)).url)
    for (const csrf of ['', elsewhere.fields['csrf'] ?? '']) {
      expect((await browser.submit(asked, { ...form(), csrf })).answer.status).toBe(400)
    }
  })

  it('is good for nobody but the browser it was shown to: a link to it signs nobody in (session fixation)', async () => {
    const asked = await new Browser().go((await begin(config)).url)
    const victim = new Browser()
    expect((await victim.go(asked.url)).answer.status).toBe(400)
    expect((await victim.submit(asked, form())).answer.status).toBe(400)
  })

  it('gives another cookie to whoever signs in than they had before (session fixation)', async () => {
    const browser = new Browser()
    const cookieOf = (answer: Answer) =>
      answer.headers['set-cookie']?.find((text) => text.startsWith('openid_session='))?.split(';', 1)[0]
    const first = await browser.signIn((await begin(config)).url, ada)
    const again = await browser.go((await begin(config, { prompt: 'login' })).url)
    const second = await browser.submit(again, { username: ada.username, password: ada.password })
    expect(cookieOf(first.answer)).toBeDefined()
    expect(cookieOf(second.answer)).toBeDefined()
    expect(cookieOf(second.answer)).not.toBe(cookieOf(first.answer))
  })

  it('is shown in no frame, loads nothing but one script, and is kept by nobody (clickjacking)', async () => {
    const { answer } = await new Browser().go((await begin(config)).url)
    const policy = String(answer.headers['content-security-policy'])
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; script-src http:\/\/localhost:\d+\/oidc\/files\/passkeys-[\w-]{22}\.js; form-action 'self' https:\/\/app\.example;/,
    )
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(answer.headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
    })
    const [script = '', ...more] = answer.text.match(/<script[^>]*>[^<]*<\/script>/g) ?? []
    expect([script, more]).toEqual([expect.stringMatching(/^<script src="[^"]+" defer><\/script>$/), []])
    expect(answer.text.replace(script, '')).not.toMatch(
      /<script|\son\w+=|\sstyle=|<img|<link(?! rel="icon" href="data:)/,
    )
  })
})

describe('a session', () => {
  it('is not passed on to whoever signs in after somebody: the first one ends', async () => {
    const browser = new Browser()
    const first = await begin(config, { scope: 'openid impersonate' })
    const { url: back } = await browser.signIn(first.url, ada)
    const adas = await openid.authorizationCodeGrant(config, new URL(back), first.checks)
    const second = await begin(config, { scope: 'openid impersonate', prompt: 'login' })
    const leaving = await browser.signIn(second.url, mallory)
    // A page of the provider itself, which a script or a button sends on.
    expect(leaving.fields).toMatchObject({ logout: 'yes' })
    const { url } = await browser.submit(leaving, {})
    const mallorys = await openid.authorizationCodeGrant(config, new URL(url), second.checks)
    expect(mallorys.claims()?.sub).toBe(mallory.uid)
    const userinfo = (token: string) => callPath('public', 'GET', '/api/auth/userinfo', { token })
    expect((await userinfo(mallorys.access_token)).status).toBe(200)
    expect((await userinfo(adas.access_token)).status).toBe(401)
    expect(errorOf(await refresh(adas.refresh_token ?? ''))).toBe('invalid_grant')
  })

  it('is in a cookie that scripts and other sites do not get, below the provider alone', async () => {
    const { answer } = await new Browser().signIn((await begin(config)).url, ada)
    const cookie = answer.headers['set-cookie']?.find((text) => text.startsWith('openid_session=')) ?? ''
    expect(cookie.toLowerCase()).toMatch(/; path=\/oidc;/)
    expect(cookie.toLowerCase()).toContain('httponly')
    expect(cookie.toLowerCase()).toContain('samesite=lax')
  })
})

describe('the token endpoint', () => {
  it('takes a secret in one place at a time, and no token in an address', async () => {
    const twice = await request('/token', {
      grant_type: 'client_credentials',
      client_id: orchard.id,
      client_secret: orchard.secret ?? '',
    })
    expect(errorOf(twice)).toBe('invalid_request')
    const token = textOf(await exchange(), 'access_token')
    expect((await callPath('public', 'GET', `/oidc/me?access_token=${token}`)).status).toBe(400)
  })

  it('reads no more than it needs', async () => {
    const large = await callPath('public', 'POST', '/oidc/token', { form: { grant_type: 'x'.repeat(70_000) } })
    expect(large.status).toBe(413)
    const chunked = await callPath('public', 'POST', '/oidc/token', { form: { grant_type: 'x' }, chunked: true })
    expect(chunked.status).toBe(400)
  })
})

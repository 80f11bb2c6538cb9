import { createHash, randomBytes } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { callPath, objectOf, textOf } from '../../support/http.ts'
import { type Player, registerPlayer } from '../../support/people.ts'
import { Browser } from '../browser.ts'
import { addClient, callback } from '../clients.ts'
import {
  authorize,
  endpoint,
  errorOf,
  exchange,
  isSignedIn,
  linkOf,
  refresh,
  register,
  type RelyingParty,
  request,
  requestRegistration,
  requestToken,
  signIn,
  userinfo,
  verifyIdToken,
  visit,
} from './relying-party.ts'

/* Modules of oidcc-basic-certification-test-plan: what a client gets. docs/openid-conformance.md lists them all. */

let ada: Player
let party: RelyingParty
let other: RelyingParty

beforeAll(async () => {
  ada = await registerPlayer()
  party = await register()
  other = await register()
})

describe('the code flow', () => {
  it.each([
    ['a client that registered itself', () => register()],
    [
      'a client that was registered by hand',
      async (): Promise<RelyingParty> => {
        const { id, secret = '' } = await addClient()
        return { id, secret, method: 'client_secret_basic' }
      },
    ],
  ])('oidcc-server: signs somebody in at %s, which proves itself by HTTP Basic', async (_, add) => {
    const somebody = visit(await add(), ada)
    const { answer, claims, accessToken, asked } = await signIn(somebody)
    expect(asked).toEqual(['sign-in', 'consent'])
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
    expect(objectOf(answer.body)).toMatchObject({ token_type: 'Bearer', expires_in: 900 })
    const hash = createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
    expect([undefined, hash]).toContain(claims['at_hash'])
    expect([undefined, somebody.party.id]).toContain(claims['azp'])
    expect((await userinfo(accessToken)).body).toEqual({ sub: ada.uid })
  })

  it('oidcc-server-client-secret-post: the same for a client that proves itself in the form', async () => {
    const posting = await register({}, 'client_secret_post')
    await signIn(visit(posting, ada))
    const { params } = await authorize(visit(posting, ada))
    for (const secret of ['guessed', party.secret]) {
      const refused = await exchange({ ...posting, secret }, params.get('code'))
      expect([refused.status, errorOf(refused)]).toEqual([401, 'invalid_client'])
    }
  })

  it('oidcc-response-type-missing: refuses a request that does not say what it wants', async () => {
    const browser = new Browser()
    const { url } = await browser.go(await linkOf(request(party, { response_type: undefined })))
    const { searchParams } = new URL(url)
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['invalid_request', null])
  })

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow: needs no nonce, and then says none', async () => {
    const { claims } = await signIn(visit(party, ada), { nonce: undefined })
    expect(claims).not.toHaveProperty('nonce')
  })

  it('oidcc-ensure-request-with-valid-pkce-succeeds: a code that is bound to a verifier is worth nothing without', async () => {
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const bound = async () => {
      const { params } = await authorize(visit(party, ada), {
        code_challenge: challenge,
        code_challenge_method: 'S256',
      })
      return params.get('code')
    }
    expect((await exchange(party, await bound(), { code_verifier: verifier })).status).toBe(200)
    expect(errorOf(await exchange(party, await bound()))).toBe('invalid_grant')
    expect(errorOf(await exchange(party, await bound(), { code_verifier: challenge }))).toBe('invalid_grant')
  })
})

describe('the ID token', () => {
  it('oidcc-idtoken-signature: is signed with a published key that it names', async () => {
    const { idToken } = await signIn(visit(party, ada))
    const { alg, kid } = decodeProtectedHeader(idToken)
    const { body } = await callPath('public', 'GET', (await endpoint('jwks_uri')).pathname)
    expect(alg).toBe('RS256')
    expect(JSON.stringify(body)).toContain(`"kid":${JSON.stringify(kid)}`)
    const [header = '', claims = '', signature = ''] = idToken.split('.')
    const forged = Buffer.from(claims, 'base64url').toString().replace(ada.uid, '00000000-0000-4000-8000-000000000000')
    const changed = [header, Buffer.from(forged).toString('base64url'), signature].join('.')
    await expect(verifyIdToken(changed, party)).rejects.toThrow('signature verification failed')
    await expect(verifyIdToken(idToken, other)).rejects.toThrow('"aud"')
  })

  it('oidcc-idtoken-unsigned: is never without a signature; no client may register for that', async () => {
    const answer = await requestRegistration({ id_token_signed_response_alg: 'none' })
    expect([answer.status, errorOf(answer)]).toEqual([400, 'invalid_client_metadata'])
  })
})

describe('the UserInfo endpoint', () => {
  const ask = async (method: string, how: Parameters<typeof callPath>[3]) =>
    callPath('public', method, (await endpoint('userinfo_endpoint')).pathname, how)

  it.each([
    ['oidcc-userinfo-get: answers GET', 'GET', (token: string) => ({ token })],
    ['oidcc-userinfo-post-header: answers POST with the token in the header', 'POST', (token: string) => ({ token })],
    [
      'oidcc-userinfo-post-body: answers POST with the token in the form',
      'POST',
      (token: string) => ({ form: { access_token: token } }),
    ],
  ])('%s', async (_, method, withToken) => {
    const { accessToken } = await signIn(visit(party, ada))
    const answer = await ask(method, withToken(accessToken))
    expect([answer.status, answer.body]).toEqual([200, { sub: ada.uid }])
    expect(answer.headers['content-type']).toMatch(/^application\/json\b/)
    const refused = await ask(method, withToken(`${accessToken.slice(0, -4)}AAAA`))
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      expect.stringContaining('invalid_token'),
    ])
  })
})

describe('a code', () => {
  it('oidcc-codereuse: is worth tokens once', async () => {
    const { params } = await authorize(visit(party, ada))
    expect((await exchange(party, params.get('code'))).status).toBe(200)
    const again = await exchange(party, params.get('code'))
    expect([again.status, errorOf(again)]).toEqual([400, 'invalid_grant'])
  })

  it('oidcc-codereuse-30seconds: that comes again takes back the tokens it was worth', async () => {
    // The suite waits half a minute in between. Codes live for a minute and are kept until then, used or not: what is
    // seen after a moment is what is seen after half a minute.
    const somebody = visit(party, ada)
    const { params } = await authorize(somebody)
    const tokens = await exchange(party, params.get('code'))
    const accessToken = textOf(tokens, 'access_token')
    expect((await userinfo(accessToken)).status).toBe(200)
    expect(errorOf(await exchange(party, params.get('code')))).toBe('invalid_grant')
    expect((await userinfo(accessToken)).status).toBe(401)
    expect(errorOf(await refresh(party, textOf(tokens, 'refresh_token')))).toBe('invalid_grant')
    expect(await isSignedIn(somebody)).toBe(false)
  })

  it('oidcc-ensure-registered-redirect-uri: is sent nowhere but to the address that was registered', async () => {
    for (const uri of [
      `${callback}/${randomBytes(4).toString('hex')}`,
      'https://evil.example/callback',
      'https://app.example/',
    ]) {
      const page = await new Browser().go(await linkOf(request(party, { redirect_uri: uri })))
      expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
      expect(page.answer.headers['content-type']).toMatch(/^text\/html\b/)
    }
  })
})

describe('a refresh token', () => {
  it('oidcc-refresh-token: gives new tokens of the same sign-in, to the client that it was given to alone', async () => {
    const first = await signIn(visit(party, ada), { scope: 'openid email', max_age: '10000' })
    const renewed = await refresh(party, textOf(first.answer, 'refresh_token'))
    expect(renewed.status).toBe(200)
    const { payload } = await verifyIdToken(textOf(renewed, 'id_token'), party)
    for (const claim of ['iss', 'sub', 'aud', 'auth_time']) expect(payload[claim]).toEqual(first.claims[claim])
    expect(payload['auth_time']).toEqual(expect.any(Number))
    expect(payload.iat).toBeGreaterThanOrEqual(first.claims.iat ?? Infinity)
    const accessToken = textOf(renewed, 'access_token')
    expect(accessToken).not.toBe(first.accessToken)
    expect((await userinfo(accessToken)).body).toMatchObject({ sub: ada.uid, email: ada.email })

    const others = textOf((await signIn(visit(other, ada))).answer, 'refresh_token')
    expect(others).toMatch(/^[\x20-\x7e]+$/)
    const stolen = await refresh(party, others)
    expect([stolen.status, errorOf(stolen)]).toEqual([400, 'invalid_grant'])
    const unproven = await requestToken(
      { ...other, secret: party.secret },
      { grant_type: 'refresh_token', refresh_token: others },
    )
    expect([unproven.status, errorOf(unproven)]).toEqual([401, 'invalid_client'])
  })
})

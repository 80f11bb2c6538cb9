import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer, authorization, browserOf, callback, claimsOf, targetOf } from './browser.ts'
import { type Answer, basic, confidential, issuer, startProvider } from './support.ts'

const reader = { ...confidential('reader', []), firstParty: false }
const publicClient = {
  ...reader,
  metadata: { ...reader.metadata, token_endpoint_auth_method: 'none' as const, grant_types: ['authorization_code'] },
}
let op: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => {
  const hearing = {
    backchannel_logout_uri: 'https://app.test/signed-out',
    backchannel_logout_session_required: true,
  }
  op = await startProvider([confidential('app', ['one', 'two'], hearing), publicClient])
})
afterAll(() => op.stop())

const verifier = randomBytes(32).toString('base64url')
const challenge = createHash('sha256').update(verifier).digest('base64url')

const browser = () => browserOf((request) => op.send(request))

/** Signs in as somebody and returns the code that the client is sent. */
async function signIn(agent = browser(), params: Record<string, string> = {}): Promise<string> {
  const resumed = await answer(agent, await agent.go(authorization(params)))
  const { searchParams } = new URL(String(resumed.headers['location']))
  return searchParams.get('code') ?? `no code: ${resumed.text} ${String(resumed.headers['location'])}`
}

const token = (form: Record<string, string>, secret = 'one') =>
  op.send({ target: '/oidc/token', form, headers: basic('app', secret) })
const exchange = (code: string) => token({ grant_type: 'authorization_code', code, redirect_uri: callback })
const refresh = (refreshToken: unknown) => token({ grant_type: 'refresh_token', refresh_token: String(refreshToken) })

describe('discovery', () => {
  it.each([
    ['a foreign Host', { host: 'evil.test' }],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'evil.test' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'ftp' }],
    ['Forwarded', { forwarded: 'host=evil.test;proto=https' }],
    ['all of them', { host: 'evil.test', 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https' }],
  ])('names the issuer whatever comes: %s', async (_, headers) => {
    const { json } = await op.send({ target: '/oidc/.well-known/openid-configuration', headers })
    expect(json['issuer']).toBe(issuer)
    for (const [name, value] of Object.entries(json))
      if (name.endsWith('_endpoint') || name === 'jwks_uri') expect(value).toMatch(/^http:\/\/sallyport\.test\/oidc\//)
  })

  it('does not take an address for a path', async () => {
    const target = 'http://evil.test/oidc/.well-known/openid-configuration'
    expect((await op.send({ target })).status).toBe(404)
  })

  it('offers the code flow with S256, and nothing that computes with a secret', async () => {
    const { json } = await op.send({ target: '/oidc/.well-known/openid-configuration' })
    expect(json).toMatchObject({
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
      backchannel_logout_supported: true,
      claims_parameter_supported: true,
    })
    expect(JSON.stringify(json)).not.toMatch(/"HS256"|"none"\],"id_token/)
    for (const name of [
      'pushed_authorization_request_endpoint',
      'device_authorization_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
      'registration_endpoint',
      'end_session_endpoint',
      'userinfo_endpoint',
    ])
      expect(json[name]).toBeDefined()
  })
})

describe('a client', () => {
  it('is known by either of two secrets, and by no other', async () => {
    const form = { grant_type: 'client_credentials' }
    expect((await token(form, 'one')).status).toBe(200)
    expect((await token(form, 'two')).status).toBe(200)
    for (const wrong of ['three', 'onetwo', '.', 'AAAA']) expect((await token(form, wrong)).status).toBe(401)
  })

  it('is not known by what is kept of its secrets', async () => {
    const kept = op.known.get('app')?.secretDigests.map((digest) => digest.toString('base64url')) ?? []
    for (const secret of [...kept, kept.join('.')])
      expect((await token({ grant_type: 'client_credentials' }, secret)).status).toBe(401)
  })

  it('without a secret needs PKCE, and S256 at that', async () => {
    const ask = (params: Record<string, string>) =>
      op.send({ target: authorization({ client_id: 'reader', ...params }) })
    for (const params of [{}, { code_challenge: verifier, code_challenge_method: 'plain' }]) {
      const { searchParams } = new URL(String((await ask(params)).headers['location']))
      expect(searchParams.get('error')).toBe('invalid_request')
    }
    const asked = await ask({ code_challenge: challenge, code_challenge_method: 'S256' })
    expect(asked.headers['location']).toMatch(/\/oidc\/interaction\//)
  })

  it('is sent nowhere but where it said', async () => {
    for (const uri of [
      'https://evil.test/',
      `${callback}/../evil`,
      `${callback}?x=1`,
      'https://app.test.evil.test/callback',
    ]) {
      const refused = await op.send({ target: authorization({ redirect_uri: uri }) })
      expect([refused.status, refused.headers['location']]).toEqual([400, undefined])
    }
  })

  it('registers itself only with a token for that, and gets a secret that is nowhere else', async () => {
    expect((await register({})).status).toBe(401)
    expect((await register({ authorization: 'Bearer guessed' })).status).toBe(401)
    const initial = await op.provider.issueInitialAccessToken(60)
    const made = await register({ authorization: `Bearer ${initial}` })
    expect(made.status).toBe(201)
    const { client_id: id, client_secret: secret } = made.json
    expect(JSON.stringify(op.known.get(String(id)))).not.toContain(String(secret))
    expect(op.known.get(String(id))?.firstParty).toBe(false)
    const used = await op.send({
      target: '/oidc/token/introspection',
      form: { token: 'x' },
      headers: basic(String(id), String(secret)),
    })
    expect(used.json).toEqual({ active: false })
  })
})

function register(headers: Record<string, string>): Promise<Answer> {
  const json = JSON.stringify({ redirect_uris: ['https://new.test/callback'] })
  return op.send({ target: '/oidc/reg', headers: { 'content-type': 'application/json', ...headers }, json })
}

describe('a code', () => {
  it('is worth tokens once; coming again it takes back what it gave and ends the session', async () => {
    const code = await signIn()
    const first = await exchange(code)
    expect([first.status, Object.keys(first.json)]).toEqual([
      200,
      expect.arrayContaining(['id_token', 'refresh_token']),
    ])
    const before = op.ended.length
    expect((await exchange(code)).json['error']).toBe('invalid_grant')
    expect((await refresh(first.json['refresh_token'])).json['error']).toBe('invalid_grant')
    expect(new Set(op.ended.slice(before)).size).toBe(1)
  })

  it('that comes twice at once is taken once', async () => {
    const code = await signIn()
    const statuses = (await Promise.all([1, 2, 3, 4].map(() => exchange(code)))).map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400])
  })
})

describe('a refresh token', () => {
  it('is used by one of four who come at once', async () => {
    const { json } = await exchange(await signIn())
    const answers = await Promise.all([1, 2, 3, 4].map(() => refresh(json['refresh_token'])))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 400, 400, 400])
  })

  it('that comes again takes its whole family with it', async () => {
    const first = await exchange(await signIn())
    const second = await refresh(first.json['refresh_token'])
    expect(second.status).toBe(200)
    expect((await refresh(first.json['refresh_token'])).json['error']).toBe('invalid_grant')
    expect((await refresh(second.json['refresh_token'])).json['error']).toBe('invalid_grant')
  })
})

describe('the page of a question', () => {
  it('takes an answer from nowhere but itself', async () => {
    const agent = browser()
    const target = targetOf(await agent.go(authorization()))
    const csrf = /value="([^"]+)"/.exec((await agent.go(target)).text)?.[1] ?? ''
    const from = (headers: Record<string, string>, form: Record<string, string> = { csrf }) =>
      agent.go(target, { who: 'mallory', ...form }, headers)
    expect((await from({}, {})).text).toBe('gone')
    expect((await from({}, { csrf: 'guessed' })).text).toBe('gone')
    expect((await from({ origin: 'https://evil.test' })).text).toBe('gone')
    expect((await from({ origin: 'null' })).text).toBe('gone')
    expect((await from({ 'sec-fetch-site': 'cross-site' })).text).toBe('gone')
    expect((await from({ 'sec-fetch-site': 'same-site' })).text).toBe('gone')
    expect((await from({ origin: 'http://sallyport.test', 'sec-fetch-site': 'same-origin' })).status).toBe(303)
  })

  it('is there for the browser that was asked, and for no other', async () => {
    const target = targetOf(await browser().go(authorization()))
    expect((await browser().go(target)).text).toBe('gone')
    const others = [(await browser().go(authorization())).headers['set-cookie'] ?? []].flat()
    const cookie = others.map((text) => text.split(';', 1)[0]).join('; ')
    expect((await op.send({ target, headers: { cookie } })).text).toBe('gone')
  })
})

describe('an issuer that is reached by https', () => {
  it('has cookies that go nowhere else, and addresses of its own kind, though the last step is not encrypted', async () => {
    const secure = await startProvider([confidential('app', ['one'])], { issuer: 'https://sallyport.test/oidc' })
    const { headers } = await secure.send({ target: authorization() })
    const cookies = [headers['set-cookie'] ?? []].flat().filter((text) => !text.includes('.sig='))
    expect(cookies.map((text) => text.split('=', 1)[0])).toEqual(['__Secure-openid_question', '__Secure-openid_resume'])
    for (const cookie of cookies) expect(cookie).toMatch(/; secure; httponly/i)
    const { json } = await secure.send({ target: '/oidc/.well-known/openid-configuration' })
    expect(json['token_endpoint']).toBe('https://sallyport.test/oidc/token')
    await secure.stop()
  })
})

describe('signing out', () => {
  it('is told to the clients of the session, and ends it with its tokens', async () => {
    const agent = browser()
    const { json } = await exchange(await signIn(agent))
    const page = await agent.go('/oidc/session/end')
    const [before, xsrf] = [op.ended.length, /name="xsrf" value="(\w+)"/.exec(page.text)?.[1] ?? '']
    expect((await agent.go('/oidc/session/end/confirm', { xsrf: 'guessed', logout: 'yes' })).status).toBe(400)
    expect(op.told).toEqual([])
    expect((await agent.go('/oidc/session/end/confirm', { xsrf, logout: 'yes' })).status).toBe(303)
    expect(op.ended.length).toBe(before + 1)
    const [{ url, body } = { url: '', body: '' }] = op.told
    expect(url).toBe('https://app.test/signed-out')
    const claims = claimsOf(new URLSearchParams(body).get('logout_token'))
    expect(claims).toMatchObject({
      iss: issuer,
      aud: 'app',
      sub: 'ada',
      sid: claimsOf(json['id_token'])['sid'],
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant')
  })
})

describe('the form for the code of a device', () => {
  it.each([
    ['nothing', {}],
    ['a code', { user_code: 'ABCD-EFGH', xsrf: 'made-up' }],
  ])('is asked for anew by whoever sends %s without a session', async (_, form) => {
    const { status, headers } = await op.send({ target: '/oidc/device', form })
    expect([status, headers['location']]).toEqual([303, `${issuer}/device`])
    expect((await op.send({ target: '/oidc/device' })).status).toBe(200)
  })
})

describe('a browser session that the service ends', () => {
  it('is told to its clients once, and is gone', async () => {
    op.endSessions()
    const agent = browser()
    const { json } = await exchange(await signIn(agent))
    const before = op.told.length
    const ending = op.browserSessions()
    await op.provider.signOut([...ending, 'one that is gone'])
    op.endSessions()
    expect(op.told.length).toBe(before + 1)
    await op.provider.signOut(ending)
    expect(op.told.length).toBe(before + 1)
    const claims = claimsOf(new URLSearchParams(op.told.at(-1)?.body).get('logout_token'))
    expect(claims).toMatchObject({ aud: 'app', sub: 'ada', sid: claimsOf(json['id_token'])['sid'] })
    expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant')
    expect(targetOf(await agent.go(authorization()))).toMatch(/\/interaction\//)
  })

  it('has another name when somebody signs in there again: none of its tokens come back', async () => {
    const agent = browser()
    const { json } = await exchange(await signIn(agent))
    op.endSessions()
    expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant')
    const again = await exchange(await signIn(agent))
    expect((await refresh(json['refresh_token'])).json['error']).toBe('invalid_grant')
    expect((await refresh(again.json['refresh_token'])).status).toBe(200)
  })
})

describe('the keys', () => {
  const headOf = (idToken: unknown): unknown =>
    JSON.parse(Buffer.from(String(idToken).split('.', 1)[0] ?? '', 'base64url').toString())

  it('can change while the provider runs: a new one is published first and signs later', async () => {
    expect(headOf((await exchange(await signIn())).json['id_token'])).toMatchObject({ kid: 'first' })
    const useSecond = await op.change('second')
    expect(headOf((await exchange(await signIn())).json['id_token'])).toMatchObject({ kid: 'first' })
    expect((await op.send({ target: '/oidc/jwks' })).text).toContain('"kid":"second"')
    useSecond()
    expect(headOf((await exchange(await signIn())).json['id_token'])).toMatchObject({ kid: 'second' })
    const { text } = await op.send({ target: '/oidc/jwks' })
    expect(text).toMatch(/"kid":"second".*"kid":"first"/)
    expect(text).not.toMatch(/"d":|"p":|"q":/)
  })

  it('can change to another algorithm, also for a client that registered with the one before', async () => {
    const client = op.known.get('app') ?? expect.fail()
    op.known.set('app', { ...client, metadata: { ...client.metadata, id_token_signed_response_alg: 'RS256' } })
    const useThird = await op.change('third', 'ES256')
    useThird()
    expect(headOf((await exchange(await signIn())).json['id_token'])).toMatchObject({ kid: 'third', alg: 'ES256' })
  })
})

it('nothing went wrong unseen', () => expect(op.errors).toEqual([]))

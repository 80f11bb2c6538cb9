import * as openid from 'openid-client'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, callPath, type Door, listOf, objectOf } from '../support/http.ts'
import { adminToken, adminUid, decodeToken, newToken, type Player, registerPlayer, signIn } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, begin, connect } from './clients.ts'

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0'
const safari =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1'

let ada: Player
let config: openid.Configuration
beforeAll(async () => {
  config = await connect(await addClient({ name: 'Orchard <b>', first_party: true }))
})
beforeEach(async () => {
  ada = await registerPlayer()
})

const page = () => `${issuer().href}/account/sessions`
const browserOf = (userAgent: string) => new Browser({ 'user-agent': userAgent })
const sidOf = (token: string) => String(decodeToken(token).claims['sid'])
const request = (method: string, path: string, token: string, door: Door = 'public') =>
  callPath(door, method, path, { token })
const sessionsIn = ({ body }: Answer) => listOf(objectOf(body)['sessions'])
const own = async (token: string) => sessionsIn(await request('GET', '/v1/me/sessions', token))

/** Signs in to a client, with a token for the services here. */
async function tokensFor(browser: Browser, player: Player, params: Record<string, string> = {}) {
  const { url, checks } = await begin(config, { scope: 'openid impersonate', ...params })
  const asked = await browser.go(url)
  const { username, password } = player
  const { url: back } = asked.action === '' ? asked : await browser.submit(asked, { username, password })
  return openid.authorizationCodeGrant(config, new URL(back), checks)
}

/** What the doors say to a token: on each of them, and at another service. */
async function statuses(token: string): Promise<number[]> {
  const { sub } = decodeToken(token).claims
  const answers = [
    await request('GET', '/api/auth/userinfo', token),
    await request('GET', '/admin/api/auth/userinfo', token, 'admin'),
    await request('GET', `/api/tux-management/balances/${String(sub)}`, token),
    await request('GET', '/v1/me/sessions', token),
  ]
  return answers.map(({ status }) => status)
}
const open = [200, 200, 200, 200]
const ended = [401, 401, 401, 401]

const refreshing = ({ refresh_token: token = '' }: openid.TokenEndpointResponse) =>
  openid.refreshTokenGrant(config, token)
const dead = { error: 'invalid_grant' }

describe('the page with the sessions', () => {
  it('shows where somebody is signed in, this one first', async () => {
    await tokensFor(browserOf(safari), ada)
    await callPath('public', 'POST', '/api/auth/token', {
      form: { username: ada.username, password: ada.password },
      headers: { 'user-agent': 'curl/8.5.0' },
    })
    const { answer, title } = await browserOf(firefox).signIn(page(), ada)
    expect([answer.status, title]).toEqual([200, 'Where you are signed in'])
    const items = answer.text.split('<li>').slice(1)
    expect(items[0]).toMatch(
      /<strong>Firefox on Linux<\/strong> <em>This one<\/em><br>from 127\.0\.0\.1, for Sallyport</,
    )
    expect(items[0]).not.toContain('<form')
    expect(items.slice(1).filter((item) => item.includes('<em>'))).toEqual([])
    expect(answer.text).toMatch(/<strong>Safari on iOS<\/strong><br>from 127\.0\.0\.1, for Orchard &#60;b&#62;</)
    expect(answer.text).toContain('<strong>curl</strong>')
    // Registration signed in too, and said nothing about itself.
    expect(items).toHaveLength(4)
    expect(answer.text).toContain('<strong>Unknown device</strong>')
  })

  it('takes what a device says for text', async () => {
    for (const userAgent of ['<script>alert(1)</script>', `"><img src=x onerror=alert(1)>/1.0`, 'x'.repeat(4000)]) {
      await tokensFor(browserOf(userAgent), ada)
    }
    const { answer } = await browserOf(firefox).signIn(page(), ada)
    expect(answer.status).toBe(200)
    expect(answer.text).not.toMatch(/<script|<img|xxxx/)
  })

  it('ends one: its tokens meet 401, its browser is asked again, its refresh token is worth nothing', async () => {
    const phone = browserOf(safari)
    const tokens = await tokensFor(phone, ada)
    const browser = browserOf(firefox)
    const shown = await browser.signIn(page(), ada)
    expect(await statuses(tokens.access_token)).toEqual(open)
    const after = await browser.submit(shown, { end: sidOf(tokens.access_token) })
    expect(after.answer.text).toContain('<p role="status">Signed out there.</p>')
    expect(await statuses(tokens.access_token)).toEqual(ended)
    await expect(refreshing(tokens)).rejects.toMatchObject(dead)
    expect((await phone.go((await begin(config)).url)).title).toMatch(/^Sign in to/)
    expect((await browser.go(page())).title).toBe('Where you are signed in')
    const again = await browser.submit(shown, { end: sidOf(tokens.access_token) })
    expect(again.answer.text).toContain('That session has ended already.')
  })

  it('ends all but this one', async () => {
    const [one, other] = [await tokensFor(browserOf(safari), ada), await tokensFor(browserOf('curl/8'), ada)]
    const browser = browserOf(firefox)
    const mine = await tokensFor(browser, ada)
    const after = await browser.submit(await browser.go(page()), { end: 'others' })
    expect(after.answer.text.split('<li>')).toHaveLength(2)
    expect(after.answer.text).not.toContain('<button')
    for (const token of [one.access_token, other.access_token, ada.token]) expect(await statuses(token)).toEqual(ended)
    expect(await statuses(mine.access_token)).toEqual(open)
  })

  it("ends nobody else's", async () => {
    const eve = await registerPlayer()
    const browser = browserOf(firefox)
    const shown = await browser.signIn(page(), ada)
    for (const end of [sidOf(eve.token), '', 'x', "' or true --"]) {
      expect((await browser.submit(shown, { end })).answer.text).toContain('That session has ended already.')
    }
    expect(await statuses(eve.token)).toEqual(open)
  })

  it.each([
    ['another site', {}, { origin: 'https://evil.example' }],
    ['a page without the word of this one', { csrf: '' }, {}],
  ])('ends none for %s (CSRF)', async (_, fields, headers) => {
    const browser = browserOf(firefox)
    const shown = await browser.signIn(page(), ada)
    const refused = await browser.submit(shown, { end: 'others', ...fields }, headers)
    expect([refused.answer.status, refused.title]).toEqual([400, 'This page has run out'])
    expect(await statuses(ada.token)).toEqual(open)
  })
})

describe('a browser session', () => {
  it('that was ended brings none of its tokens back when somebody signs in there again', async () => {
    const browser = browserOf(firefox)
    const stolen = await tokensFor(browser, ada)
    await request('DELETE', `/v1/me/sessions/${sidOf(stolen.access_token)}`, ada.token)
    await expect(refreshing(stolen)).rejects.toMatchObject(dead)
    const fresh = await tokensFor(browser, ada)
    expect(await statuses(fresh.access_token)).toEqual(open)
    await expect(refreshing(stolen)).rejects.toMatchObject(dead)
    expect(await statuses(stolen.access_token)).toEqual(ended)
  })

  it('that another surface ended does not either', async () => {
    const browser = browserOf(firefox)
    const stolen = await tokensFor(browser, ada)
    await request('POST', '/api/auth/logout', stolen.access_token)
    const fresh = await tokensFor(browser, ada)
    await expect(refreshing(stolen)).rejects.toMatchObject(dead)
    expect((await refreshing(fresh)).access_token).toEqual(expect.any(String))
  })

  it('goes on when somebody says again who they are', async () => {
    const browser = browserOf(firefox)
    const before = await tokensFor(browser, ada)
    const after = await tokensFor(browser, ada, { prompt: 'login' })
    expect(sidOf(after.access_token)).toBe(sidOf(before.access_token))
    expect(await statuses(before.access_token)).toEqual(open)
    expect(await own(ada.token)).toHaveLength(2)
  })
})

describe('the routes for oneself', () => {
  it('show the sessions of whoever asks', async () => {
    const { access_token: token } = await tokensFor(browserOf(firefox), ada)
    const [first, second, ...more] = await own(token)
    expect(more).toEqual([])
    expect(first).toEqual({
      sid: sidOf(token),
      current: true,
      device: 'Firefox on Linux',
      address: '127.0.0.1',
      surface: 'openid',
      client: 'Orchard <b>',
      opened_at: expect.any(String),
      last_used_at: expect.any(String),
      expires_at: expect.any(String),
    })
    expect(second).toMatchObject({
      sid: sidOf(ada.token),
      current: false,
      device: null,
      surface: 'market',
      client: null,
    })
    expect(Date.parse(String(first?.['expires_at'])) - Date.now()).toBeGreaterThan(13 * 24 * 3600 * 1000)
  })

  it('show a session of the account service, in whose words it was opened', async () => {
    const json = { username: ada.username, password: ada.password }
    await callPath('public', 'POST', '/authy/login', { json, headers: { 'user-agent': 'curl/8.5.0' } })
    expect(await own(ada.token)).toEqual(
      expect.arrayContaining([expect.objectContaining({ surface: 'accounts', device: 'curl', current: false })]),
    )
  })

  it('end one of them, also the one that asks', async () => {
    const other = await newToken(ada)
    expect((await request('DELETE', `/v1/me/sessions/${sidOf(other)}`, ada.token)).status).toBe(204)
    expect(await statuses(other)).toEqual(ended)
    expect((await request('DELETE', `/v1/me/sessions/${sidOf(other)}`, ada.token)).status).toBe(404)
    expect((await request('DELETE', `/v1/me/sessions/${sidOf(ada.token)}`, ada.token)).status).toBe(204)
    expect(await statuses(ada.token)).toEqual(ended)
  })

  it('end the others, and all of them where that is said', async () => {
    const tokens = [await newToken(ada), (await tokensFor(browserOf(firefox), ada)).access_token]
    expect((await request('DELETE', '/v1/me/sessions', ada.token)).body).toEqual({ ended: 2 })
    for (const token of tokens) expect(await statuses(token)).toEqual(ended)
    expect(await statuses(ada.token)).toEqual(open)
    expect((await request('DELETE', '/v1/me/sessions', ada.token)).body).toEqual({ ended: 0 })
    expect((await request('DELETE', '/v1/me/sessions?all=true', ada.token)).body).toEqual({ ended: 1 })
    expect(await statuses(ada.token)).toEqual(ended)
  })

  it("know nothing of somebody else's", async () => {
    const eve = await registerPlayer()
    expect((await request('DELETE', `/v1/me/sessions/${sidOf(eve.token)}`, ada.token)).status).toBe(404)
    expect(await statuses(eve.token)).toEqual(open)
    expect((await callPath('public', 'GET', '/v1/me/sessions')).status).toBe(401)
    expect((await callPath('public', 'DELETE', '/v1/me/sessions')).status).toBe(401)
  })
})

describe('the routes for administrators', () => {
  const path = (uid: string, sid = '') => `/v1/accounts/${uid}/sessions${sid && `/${sid}`}`

  it('show and end the sessions of an account, which can sign in again', async () => {
    const admin = await adminToken()
    const { access_token: token } = await tokensFor(browserOf(firefox), ada)
    const listed = await request('GET', path(ada.uid), admin, 'admin')
    expect(sessionsIn(listed)).toHaveLength(2)
    expect(sessionsIn(listed)[0]).toMatchObject({ sid: sidOf(token), current: false, device: 'Firefox on Linux' })
    expect((await request('DELETE', path(ada.uid, sidOf(token)), admin, 'admin')).status).toBe(204)
    expect((await request('DELETE', path(ada.uid, sidOf(token)), admin, 'admin')).status).toBe(404)
    expect(await statuses(token)).toEqual(ended)
    expect((await request('DELETE', path(ada.uid), admin, 'admin')).body).toEqual({ ended: 1 })
    expect(await statuses(ada.token)).toEqual(ended)
    expect((await signIn(ada)).status).toBe(200)
    const events = await request('GET', `/v1/audit/events?kind=sessions.ended&subject=${ada.uid}`, admin, 'admin')
    expect(events.text).toContain(`"accountId":"${await adminUid()}"`)
    expect(listOf(objectOf(events.body)['items'])).toHaveLength(2)
  })

  it('are for administrators, at their door, and not for those who are stronger than they', async () => {
    const [deputy, admin] = [await registerPlayer(), await adminToken()]
    const headers = { 'x-access-token': admin }
    await callPath('public', 'POST', `/authy/role/admin/users/${deputy.uid}`, { headers })
    const weaker = await newToken(deputy)
    const strongest = await adminUid()
    for (const [method, at] of [
      ['GET', path(strongest)],
      ['DELETE', path(strongest)],
      ['DELETE', path(strongest, sidOf(admin))],
    ] as const) {
      expect((await request(method, at, weaker, 'admin')).status).toBe(403)
      expect((await request(method, at, ada.token, 'admin')).status).toBe(403)
      expect((await request(method, at, weaker)).status).toBe(404)
      expect((await callPath('admin', method, at)).status).toBe(401)
    }
    expect(await statuses(admin)).not.toContain(401)
    expect((await request('GET', path(ada.uid), weaker, 'admin')).status).toBe(200)
    expect((await request('GET', path('00000000-0000-4000-8000-000000000000'), weaker, 'admin')).status).toBe(404)
    // A session is ended by way of its own account alone.
    expect((await request('DELETE', path(deputy.uid, sidOf(ada.token)), weaker, 'admin')).status).toBe(404)
    expect(await statuses(ada.token)).toEqual(open)
  })
})

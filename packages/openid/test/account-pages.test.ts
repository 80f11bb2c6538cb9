import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AccountPages, Page, Visit } from '../src/index.ts'
import { type Browser, browserOf, targetOf } from './browser.ts'
import { type Answer, issuer, startProvider } from './support.ts'

const page = (html: string, status = 200): Page => ({ status, headers: {}, html })
const form = ({ visitor: { accountId, session }, csrf }: Visit): Page =>
  page(`${accountId} in ${session}: <input name="csrf" value="${csrf}">`)

const changes: string[] = []
const accountPages: AccountPages = {
  place: '/account',
  client: { id: 'own-pages', name: 'Own pages' },
  pages: [
    { method: 'GET', path: '', answer: async (visit) => form(visit) },
    { method: 'GET', path: '/phone', fresh: true, answer: async (visit) => form(visit) },
    {
      method: 'POST',
      path: '/phone',
      fresh: true,
      async answer({ visitor }, fields) {
        changes.push(`${visitor.accountId}: ${fields.get('number')}`)
        return { seeOther: '?changed=phone' }
      },
    },
  ],
  unknown: () => page('unknown', 404),
  refused: () => page('refused', 400),
  notSignedIn: (again) => page(`again at ${again}`, 401),
}

let op: Awaited<ReturnType<typeof startProvider>>
let laterMs = 0
beforeAll(async () => {
  op = await startProvider([], { accountPages, clock: { now: () => new Date(Date.now() + laterMs) } })
})
beforeEach(() => {
  laterMs = 0
  changes.length = 0
})
afterAll(() => op.stop())

const newcomer = (): Browser => browserOf((request) => op.send(request))

/** Goes wherever a browser is sent, by itself. */
async function follow(browser: Browser, answer: Answer): Promise<{ readonly answer: Answer; readonly target: string }> {
  let [at, target] = [answer, '']
  while (at.status === 303) {
    target = targetOf(at)
    at = await browser.go(target)
  }
  return { answer: at, target }
}

const csrfOf = ({ text }: Answer): string => /value="([^"]+)"/.exec(text)?.[1] ?? ''

/** Opens a page, signs in on the way, and is where that leads. */
async function signIn(browser: Browser, target = '/oidc/account', who = 'ada') {
  const asked = await follow(browser, await browser.go(target))
  expect(asked.answer.text).toContain('sign-in ')
  return follow(browser, await browser.go(asked.target, { csrf: csrfOf(asked.answer), who }))
}

describe('a page for those who are signed in', () => {
  it('is shown to whoever signs in on the way to it', async () => {
    const browser = newcomer()
    const { answer, target } = await signIn(browser, '/oidc/account/phone')
    expect([answer.status, target]).toEqual([200, '/oidc/account/phone'])
    expect(answer.text).toContain('ada in session')
    expect(answer.headers['cache-control']).toBe('no-store')
    expect((await browser.go('/oidc/account')).status).toBe(200)
  })

  it('is not shown in a browser whose session has ended', async () => {
    const browser = newcomer()
    await signIn(browser)
    op.endSessions()
    expect(targetOf(await browser.go('/oidc/account'))).toMatch(/^\/oidc\/auth\?/)
  })

  it('says so to whoever does not want to sign in, and sends them nowhere', async () => {
    const answer = await newcomer().go('/oidc/account/signed-in?error=access_denied&state=/account/phone')
    expect([answer.status, answer.text]).toEqual([401, 'again at /oidc/account/phone'])
  })

  it('is not there under another path, or by another method', async () => {
    for (const target of ['/oidc/account/', '/oidc/account/other', '/oidc/accounts', '/oidc/account/../account/other'])
      expect((await newcomer().go(target)).status).toBe(404)
    const { status, headers } = await op.send({ target: '/oidc/account/phone', method: 'DELETE' })
    expect([status, headers['allow']]).toEqual([405, 'GET, POST'])
  })

  it.each([
    'https://evil.test/',
    '//evil.test',
    '/\\evil.test',
    '/account/phone/../../..//evil.test',
    '/account/phone@evil.test',
    '/account/signed-in',
    '/auth',
    '',
  ])('is where a return leads to, whatever it names: %j', async (state) => {
    const answer = await newcomer().go(
      `/oidc/account/signed-in?${new URLSearchParams({ code: 'x', state }).toString()}`,
    )
    expect([answer.status, answer.headers['location']]).toEqual([303, '/oidc/account'])
  })
})

describe('the client that the pages are', () => {
  it('gets a code that nobody can redeem', async () => {
    const browser = newcomer()
    await signIn(browser)
    const authorization = new URL(targetOf(await newcomer().go('/oidc/account')), issuer)
    const { code_challenge: challenge, ...params } = Object.fromEntries(authorization.searchParams)
    const returned = await browser.go(authorization.pathname + authorization.search)
    const code = new URL(targetOf(returned), issuer).searchParams.get('code') ?? ''
    expect(code).not.toBe('')
    for (const verifier of [challenge ?? '', 'x'.repeat(43)]) {
      const { client_id = '', redirect_uri = '' } = params
      const form = { grant_type: 'authorization_code', code, client_id, redirect_uri, code_verifier: verifier }
      expect((await op.send({ target: '/oidc/token', form })).json).toMatchObject({ error: 'invalid_grant' })
    }
  })

  it('leads to its pages alone, and asks for nothing but who it is', async () => {
    const ask = (changes: Record<string, string>) => {
      const params = {
        client_id: 'own-pages',
        redirect_uri: `${issuer}/account/signed-in`,
        response_type: 'code',
        scope: 'openid',
        code_challenge: 'x'.repeat(43),
        code_challenge_method: 'S256',
        ...changes,
      }
      return newcomer().go(`/oidc/auth?${new URLSearchParams(params).toString()}`)
    }
    expect((await ask({})).headers['location']).toMatch(/\/interaction\//)
    expect((await ask({ redirect_uri: 'https://evil.test/' })).status).toBe(400)
    expect((await ask({ scope: 'openid email' })).headers['location']).toContain('error=invalid_scope')
  })
})

describe('a change', () => {
  it('is made by the form of its page, and shown afterwards', async () => {
    const browser = newcomer()
    const { answer } = await signIn(browser, '/oidc/account/phone')
    const changed = await browser.go('/oidc/account/phone', { csrf: csrfOf(answer), number: '7' })
    expect([changed.status, targetOf(changed)]).toEqual([303, '/oidc/account?changed=phone'])
    expect(changes).toEqual(['ada: 7'])
  })

  it.each([
    ['without the word of its page', { csrf: '' }, {}],
    ['with another word', { csrf: 'x'.repeat(43) }, {}],
    ['from another site', {}, { origin: 'https://evil.test' }],
    ['from another site, as the browser says', {}, { 'sec-fetch-site': 'cross-site' }],
  ])('is not made %s (CSRF)', async (_, fields, headers) => {
    const browser = newcomer()
    const { answer } = await signIn(browser, '/oidc/account/phone')
    const refused = await browser.go('/oidc/account/phone', { csrf: csrfOf(answer), number: '7', ...fields }, headers)
    expect([refused.status, changes]).toEqual([400, []])
  })

  it('is not made with the word of another browser', async () => {
    const mallory = csrfOf((await signIn(newcomer(), '/oidc/account/phone', 'mallory')).answer)
    const browser = newcomer()
    await signIn(browser)
    expect((await browser.go('/oidc/account/phone', { csrf: mallory, number: '7' })).status).toBe(400)
    expect(changes).toEqual([])
  })

  it('is made within five minutes of a sign-in, not a moment later', async () => {
    const browser = newcomer()
    const { answer } = await signIn(browser, '/oidc/account/phone')
    const sent = { csrf: csrfOf(answer), number: '7' }
    // What the test itself has taken by then comes on top of it.
    laterMs = 270_000
    expect(targetOf(await browser.go('/oidc/account/phone', sent))).toBe('/oidc/account?changed=phone')
    laterMs = 300_000
    const stale = await browser.go('/oidc/account/phone', sent)
    expect(new URL(targetOf(stale), issuer).searchParams.get('prompt')).toBe('login')
    expect(changes).toEqual(['ada: 7'])
    expect((await browser.go('/oidc/account')).status).toBe(200)
    // The library goes by the time of the machine.
    laterMs = 0
    const asked = await follow(browser, stale)
    const back = await follow(browser, await browser.go(asked.target, { csrf: csrfOf(asked.answer), who: 'ada' }))
    expect([back.answer.status, back.target]).toEqual([200, '/oidc/account/phone'])
  })
})

import { generateSync } from 'otplib'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { callPath } from '../support/http.ts'
import { adminToken, type Player, registerPlayer, signIn } from '../support/people.ts'
import { Browser, issuer, type Page } from './browser.ts'
import { addClient, begin, connect, type RegisteredClient } from './clients.ts'

let orchard: RegisteredClient
beforeAll(async () => {
  orchard = await addClient({ name: 'Orchard', first_party: true })
})

const twoFactors = 'urn:sallyport:acr:two-factors'
const start = async (params: Record<string, string> = {}) => begin(await connect(orchard), params)
const pageAt = (path: string) => `${issuer().href}/account${path}`
const isBack = ({ url }: Page): boolean => new URL(url).searchParams.has('code')

/** Somebody with an authenticator app, and the browser that it was set up in. */
interface Guarded extends Player {
  readonly secret: string
  readonly recoveryCodes: readonly string[]
  readonly browser: Browser
}

/** Of the present step, or one of the next: each is taken once, and those of one step around are. */
const codeOf = (secret: string, steps = 0): string =>
  generateSync({ secret, epoch: Math.floor(Date.now() / 1000) + steps * 30 })

/** Sets the app up with the code of the step before, so that this one and the next are left. */
async function setUp(): Promise<Guarded> {
  const player = await registerPlayer()
  const browser = new Browser()
  const asked = await browser.signIn(pageAt('/factors/app'), player)
  expect(asked.title).toBe('Set up an authenticator app')
  const shown = await browser.submit(asked, { answer: 'begin' })
  const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(shown.answer.text)?.[1] ?? '').replaceAll(' ', '')
  const confirm = (page: Page) => browser.submit(page, { answer: 'confirm', code: codeOf(secret, -1) })
  const confirmed = await confirm(shown)
  // A step may have passed on the way.
  const done = confirmed.answer.status === 422 ? await confirm(confirmed) : confirmed
  expect(done.title).toBe('Your authenticator app is set up')
  const recoveryCodes = [...done.answer.text.matchAll(/<li><code>([^<]+)/g)].map(([, code = '']) => code)
  return { ...player, secret, recoveryCodes, browser }
}

/** Proves the password; the page that asks for the second factor. */
async function half(player: Player, params: Record<string, string> = {}) {
  const browser = new Browser()
  const journey = await start(params)
  return { browser, journey, page: await browser.signIn(journey.url, player) }
}

describe('setting up an authenticator app', () => {
  it('shows a QR code and the secret, and ten recovery codes once', async () => {
    const { browser, recoveryCodes } = await setUp()
    expect(new Set(recoveryCodes).size).toBe(10)
    const list = await browser.go(pageAt('/factors'))
    expect(list.answer.text).toMatch(/Authenticator app<\/a> \(since 20\d\d-/)
    expect(list.answer.text).toContain('Recovery codes</a> (10 left)')
    for (const code of recoveryCodes) expect(list.answer.text).not.toContain(code)
  })

  it('puts the QR code into the page, whose policy lets nothing load', async () => {
    const browser = new Browser()
    const asked = await browser.signIn(pageAt('/factors/app'), await registerPlayer())
    const { answer } = await browser.submit(asked, { answer: 'begin' })
    expect(answer.text).toMatch(/<svg class="qr" role="img" aria-label="[^"]+" xmlns="[^"]+" viewBox="/)
    expect(answer.text).not.toMatch(/<img|\sstyle=|<script|src=/)
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/)
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('counts for nothing before a code was right, which is said', async () => {
    const player = await registerPlayer()
    const browser = new Browser()
    const asked = await browser.signIn(pageAt('/factors/app'), player)
    const shown = await browser.submit(asked, { answer: 'begin' })
    const refused = await browser.submit(shown, { answer: 'confirm', code: '000000' })
    expect(refused.answer.status).toBe(422)
    expect(refused.answer.text).toContain('This code is not right')
    expect((await signIn(player)).status).toBe(200)
  })

  it('signs the account out everywhere else', async () => {
    const player = await registerPlayer()
    const browser = new Browser()
    const asked = await browser.signIn(pageAt('/factors/app'), player)
    const shown = await browser.submit(asked, { answer: 'begin' })
    const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(shown.answer.text)?.[1] ?? '').replaceAll(' ', '')
    const { token } = player
    expect((await callPath('public', 'GET', '/api/auth/userinfo', { token })).status).toBe(200)
    await browser.submit(shown, { answer: 'confirm', code: codeOf(secret) })
    expect((await callPath('public', 'GET', '/api/auth/userinfo', { token })).status).toBe(401)
    expect((await browser.go(pageAt(''))).title).toBe('Your account')
  })
})

describe('signing in with a second factor', () => {
  it('asks for the code after the password, and tells the client', async () => {
    const ada = await setUp()
    const { browser, journey, page } = await half(ada)
    expect([page.answer.status, page.title]).toEqual([200, 'One more step'])
    expect(page.answer.text).toMatch(/inputmode="numeric" autocomplete="one-time-code"/)
    expect(Object.keys(page.fields).toSorted()).toEqual(['code', 'csrf'])
    const again = await browser.go(new URL(page.action, page.url))
    expect(again.title).toBe('One more step')
    const back = await browser.submit(again, { answer: 'prove-totp', code: codeOf(ada.secret) })
    const tokens = await openid.authorizationCodeGrant(await connect(orchard), new URL(back.url), journey.checks)
    expect(tokens.claims()).toMatchObject({ sub: ada.uid, acr: twoFactors, amr: ['pwd', 'otp', 'mfa'] })
  })

  it('takes a code once', async () => {
    const ada = await setUp()
    const [first, second] = [await half(ada), await half(ada)]
    const answer = { answer: 'prove-totp', code: codeOf(ada.secret) }
    expect(isBack(await first.browser.submit(first.page, answer))).toBe(true)
    const refused = await second.browser.submit(second.page, answer)
    expect([refused.answer.status, refused.title]).toEqual([401, 'One more step'])
    expect(refused.answer.text).toContain(
      '<p role="alert" id="complaint">This code is not right, or was used before.</p>',
    )
    expect(isBack(await second.browser.submit(refused, { ...answer, code: codeOf(ada.secret, 1) }))).toBe(true)
  })

  it('takes a recovery code in its place, once', async () => {
    const ada = await setUp()
    const { browser, journey, page } = await half(ada)
    const other = await browser.submit(page, { answer: 'use-recovery-code' })
    expect(other.answer.text).toContain('One of your recovery codes')
    const answer = { answer: 'prove-recovery-code', code: ada.recoveryCodes[0] ?? '' }
    const back = await browser.submit(other, answer)
    const tokens = await openid.authorizationCodeGrant(await connect(orchard), new URL(back.url), journey.checks)
    expect(tokens.claims()).toMatchObject({ acr: twoFactors, amr: ['pwd', 'mfa'] })
    const second = await half(ada)
    expect((await second.browser.submit(second.page, answer)).answer.status).toBe(401)
  })

  it('starts over after five wrong codes, and slows down after more', async () => {
    const ada = await setUp()
    const statuses: number[] = []
    let { browser, page } = await half(ada)
    for (let tries = 0; tries < 5; tries += 1) {
      page = await browser.submit(page, { answer: 'prove-totp', code: '000000' })
      statuses.push(page.answer.status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401])
    expect(page.title).toBe('Sign in to Orchard')
    expect(page.answer.text).toContain('This sign-in took too long, or failed too often. Begin again.')
    const others = await Promise.all([half(ada), half(ada)])
    for (const other of others)
      for (let tries = 0; tries < 3; tries += 1)
        page = await other.browser.submit(other.page, { answer: 'prove-totp', code: '000000' })
    ;({ browser, page } = await half(ada))
    const slowed = await browser.submit(page, { answer: 'prove-totp', code: codeOf(ada.secret) })
    expect(slowed.answer.status).toBe(429)
    expect(Number(slowed.answer.headers['retry-after'])).toBeGreaterThan(10)
    const answer = { answer: 'prove-recovery-code', code: ada.recoveryCodes[0] ?? '' }
    expect(isBack(await browser.submit(slowed, answer))).toBe(true)
  })

  it('may be given up, or begun anew', async () => {
    const ada = await setUp()
    const one = await half(ada)
    const anew = await one.browser.submit(one.page, { answer: 'begin-anew' })
    expect([anew.answer.status, anew.title]).toEqual([200, 'Sign in to Orchard'])
    const late = await one.browser.submit(one.page, { answer: 'prove-totp', code: codeOf(ada.secret) })
    expect(late.title).toBe('Sign in to Orchard')
    const two = await half(ada)
    const { url } = await two.browser.submit(two.page, { answer: 'cancel' })
    expect(new URL(url).searchParams.get('error')).toBe('access_denied')
  })

  it('is in Italian for a client that says so', async () => {
    const { page } = await half(await setUp(), { ui_locales: 'it' })
    expect(page.title).toBe('Ancora un passo')
    expect(page.answer.text).toContain('Usa un codice di recupero')
  })
})

describe('where only a password is asked for', () => {
  it('the right one looks like a wrong one', async () => {
    const { username, password } = await setUp()
    const grant = (secret: string) =>
      callPath('public', 'POST', '/api/auth/token', { form: { username, password: secret } })
    const logIn = (secret: string) =>
      callPath('public', 'POST', '/authy/login', { json: { username, password: secret } })
    for (const ask of [grant, logIn]) {
      const [right, wrong] = [await ask(password), await ask('Wrong-Horse7!')]
      expect(right.status).toBe(401)
      expect([right.status, right.body]).toEqual([wrong.status, wrong.body])
    }
  })
})

describe('a client that wants two factors (acr_values)', () => {
  it('has a session that was opened with less say more, once', async () => {
    // The browser that sets the app up signed in before there was one.
    const ada = await setUp()
    const plain = await start()
    const first = await ada.browser.go(plain.url)
    const before = await openid.authorizationCodeGrant(await connect(orchard), new URL(first.url), plain.checks)
    expect(before.claims()).toMatchObject({ acr: 'urn:sallyport:acr:password', amr: ['pwd'] })
    const wanting = await start({ acr_values: twoFactors })
    const page = await ada.browser.signIn(wanting.url, ada)
    const { url } = await ada.browser.submit(page, { answer: 'prove-totp', code: codeOf(ada.secret) })
    const after = await openid.authorizationCodeGrant(await connect(orchard), new URL(url), wanting.checks)
    expect(after.claims()).toMatchObject({ acr: twoFactors, sub: ada.uid })
    expect(isBack(await ada.browser.go((await start({ acr_values: twoFactors })).url))).toBe(true)
  })

  it('does not stop whoever has none, unless it insists', async () => {
    const player = await registerPlayer()
    const browser = new Browser()
    expect(isBack(await browser.signIn((await start({ acr_values: twoFactors })).url, player))).toBe(true)
    expect(isBack(await browser.go((await start({ acr_values: twoFactors })).url))).toBe(true)
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [twoFactors] } } })
    const { url } = await browser.signIn((await start({ claims })).url, player)
    expect(new URL(url).searchParams.get('error')).toBe('unmet_authentication_requirements')
  })

  it('finds the values in discovery', async () => {
    const { body } = await callPath('public', 'GET', '/oidc/.well-known/openid-configuration')
    expect(body).toMatchObject({ acr_values_supported: ['urn:sallyport:acr:password', twoFactors, 'phr'] })
  })
})

describe('the pages about factors', () => {
  it('ask for the second factor as well, when the sign-in is to be fresh', async () => {
    const ada = await setUp()
    const browser = new Browser()
    const step = await browser.signIn(pageAt('/factors/app'), ada)
    expect(step.title).toBe('One more step')
    const page = await browser.submit(step, { answer: 'prove-totp', code: codeOf(ada.secret) })
    expect([page.url, page.title]).toEqual([pageAt('/factors/app'), 'Authenticator app'])
    const list = await browser.submit(page, { answer: 'remove' })
    expect(list.answer.text).toContain('Authenticator app</a> (not set up)')
    expect((await signIn(ada)).status).toBe(200)
  })

  it('make new recovery codes, and the old ones count no more', async () => {
    const ada = await setUp()
    const page = await ada.browser.go(pageAt('/factors/recovery-codes'))
    expect(page.answer.text).toContain('(10 left)')
    const made = await ada.browser.submit(page, {})
    const codes = [...made.answer.text.matchAll(/<li><code>([^<]+)/g)].map(([, code = '']) => code)
    expect(codes).toHaveLength(10)
    const { browser, page: step } = await half(ada)
    const prove = (code: string | undefined) =>
      browser.submit(step, { answer: 'prove-recovery-code', code: code ?? '' })
    expect((await prove(ada.recoveryCodes[1])).answer.status).toBe(401)
    expect(isBack(await prove(codes[1]))).toBe(true)
  })

  it('change nothing for a form that came from elsewhere (CSRF)', async () => {
    const ada = await setUp()
    const page = await ada.browser.go(pageAt('/factors/app'))
    for (const [fields, headers] of [
      [{ csrf: '' }, {}],
      [{}, { origin: 'https://evil.example' }],
    ] as const)
      expect((await ada.browser.submit(page, { answer: 'remove', ...fields }, headers)).answer.status).toBe(400)
    expect((await signIn(ada)).status).toBe(401)
  })
})

describe('an administrator', () => {
  const reset = async (uid: string, token: string) =>
    (await callPath('admin', 'DELETE', `/v1/accounts/${uid}/factors`, { token })).status

  it('resets the factors of somebody who has lost them, which ends their sessions', async () => {
    const ada = await setUp()
    expect(await reset(ada.uid, await adminToken())).toBe(204)
    expect((await ada.browser.go(pageAt(''))).title).toBe('Sign in to Sallyport')
    expect((await signIn(ada)).status).toBe(200)
  })

  it('is the only one who does, at the admin door, and for accounts that are there', async () => {
    const [ada, eve] = [await setUp(), await registerPlayer()]
    expect(await reset(ada.uid, eve.token)).toBe(403)
    expect((await callPath('public', 'DELETE', `/v1/accounts/${ada.uid}/factors`, { token: eve.token })).status).toBe(
      404,
    )
    expect(await reset('6d9ad1ba-9d4c-4d5c-8b2d-0b0d6f2c2c11', await adminToken())).toBe(404)
    expect((await signIn(ada)).status).toBe(401)
  })
})

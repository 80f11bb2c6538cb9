import { createHash } from 'node:crypto'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, it } from 'vitest'
import { callPath, objectOf } from '../support/http.ts'
import { adminToken, type Player, registerPlayer, uniqueName } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, afterSignOut, begin, callback, connect, type RegisteredClient } from './clients.ts'

let ada: Player
let orchard: RegisteredClient
const start = async (params: Record<string, string> = {}) => (await begin(await connect(orchard), params)).url

beforeAll(async () => {
  ada = await registerPlayer()
  orchard = await addClient({ name: 'Orchard & Söhne', first_party: true })
})

describe('signing in', () => {
  it('asks again after a wrong password, which is said and not shown', async () => {
    const browser = new Browser()
    const asked = await browser.go(await start())
    expect(asked.title).toBe('Sign in to Orchard &#38; Söhne')
    const again = await browser.submit(asked, { username: ada.username, password: 'Not-The-One-77' })
    expect(again.answer.status).toBe(401)
    expect(again.answer.text).toContain(
      '<p role="alert" id="complaint">User name and password do not belong together.</p>',
    )
    expect(again.fields['username']).toBe(ada.username)
    expect(again.answer.text).not.toContain('Not-The-One-77')
    const { url } = await browser.submit(again, { username: ada.username, password: ada.password })
    expect(new URL(url).searchParams.get('code')).toEqual(expect.any(String))
  })

  it('does not tell who is there: an unknown name looks like a wrong password', async () => {
    const answers: string[] = []
    for (const username of [ada.username, 'nobody_at_all']) {
      const browser = new Browser()
      const again = await browser.submit(await browser.go(await start()), { username, password: 'wrong' })
      const own = /interaction\/[\w-]+|value="[\w-]*"|challenge&#34;:&#34;[\w-]+/g
      answers.push(again.answer.text.replaceAll(username, '').replaceAll(own, ''))
    }
    expect(answers[0]).toBe(answers[1])
  })

  it('takes no more than twenty wrong passwords without a pause, and says when to try again', async () => {
    const hasty = await registerPlayer()
    const browser = new Browser()
    let page = await browser.go(await start())
    const guess = async (password: string) =>
      (page = await browser.submit(page, { username: hasty.username, password })).answer
    for (let count = 0; count < 21; count += 1) expect((await guess(`wrong ${count}`)).status).toBe(401)
    // The first pause is a second, and each further one twice as long: one is longer than a slow machine takes for a guess.
    while (Number((await guess('wrong')).headers['retry-after'] ?? 0) < 2);
    const { status, headers, text } = await guess(hasty.password)
    expect(status).toBe(429)
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(text).toContain('<p role="alert" id="complaint">That was too often. Wait a little and try again.</p>')
  })

  it('puts in the name that the client expects, as text', async () => {
    const asked = await new Browser().go(await start({ login_hint: '"><script>alert(1)</script>' }))
    expect(asked.answer.text).not.toContain('<script>')
    expect(asked.answer.text).toContain('&#34;&#62;&#60;script&#62;')
  })

  it('labels every field and marks what belongs in it', async () => {
    const { text } = (await new Browser().go(await start())).answer
    for (const id of ['username', 'password']) expect(text).toContain(`<label for="${id}">`)
    expect(text).toContain('autocomplete="username webauthn"')
    expect(text).toContain('autocomplete="current-password"')
    expect(text).toContain('<html lang="en">')
    expect(text).toContain('width=device-width')
  })
})

describe('the words', () => {
  it('are Italian for a browser that says so, or a client', async () => {
    const byBrowser = await new Browser({ 'accept-language': 'it-IT,it;q=0.9,en;q=0.5' }).go(await start())
    expect(byBrowser.title).toBe('Accedi a Orchard &#38; Söhne')
    expect(byBrowser.answer.text).toContain('<html lang="it">')
    expect((await new Browser().go(await start({ ui_locales: 'it' }))).title).toMatch(/^Accedi/)
  })
})

describe('a question whose ground is gone', () => {
  it('says that it has run out', async () => {
    const { id, secret } = await addClient({ name: 'Short-lived' })
    const browser = new Browser()
    const asked = await browser.go((await begin(await connect({ id, secret }))).url)
    await callPath('admin', 'DELETE', `/v1/clients/${id}`, { token: await adminToken() })
    const answer = await browser.submit(asked, { username: ada.username, password: ada.password })
    expect([answer.answer.status, answer.title]).toEqual([400, 'This page has run out'])
  })

  it('says so too when the account is', async () => {
    const eve = await registerPlayer()
    const { id, secret } = await addClient({ name: 'Stranger' })
    const browser = new Browser()
    const { url } = await begin(await connect({ id, secret }))
    const consent = await browser.signIn(url, eve)
    await callPath('public', 'DELETE', `/api/auth/accounts/${eve.uid}`, { token: eve.token })
    for (const page of [await browser.go(consent.url), await browser.submit(consent, { answer: 'allow' })])
      expect(page.answer.status, page.title).toBe(400)
  })
})

describe('a client that wants its code in a form', () => {
  it('gets it by a page whose one script is let through by its digest', async () => {
    const browser = new Browser()
    const page = await browser.signIn(await start({ response_mode: 'form_post' }), ada)
    expect(page.action).toBe(callback)
    expect([page.answer.status, page.title]).toEqual([200, 'One moment'])
    expect(page.fields).toMatchObject({ code: expect.any(String), state: expect.any(String) })
    const script = /<script>([^<]*)<\/script>/.exec(page.answer.text)?.[1] ?? ''
    const digest = createHash('sha256').update(script).digest('base64')
    expect(page.answer.headers['content-security-policy']).toContain(`script-src 'sha256-${digest}'`)
    expect(page.answer.headers['content-security-policy']).not.toContain('unsafe')
    expect(page.answer.headers['content-security-policy']).toContain("form-action 'self' https://app.example;")
  })

  it('gets a refusal the same way, whatever is in its state', async () => {
    const browser = new Browser({ 'accept-language': 'it' })
    const asked = await browser.go(await start({ response_mode: 'form_post', state: `"><script>&'` }))
    const page = await browser.submit(asked, { answer: 'cancel' })
    expect([page.answer.status, page.title]).toEqual([400, 'Un momento'])
    expect(page.fields).toMatchObject({ error: 'access_denied', state: '&#34;&#62;&#60;script&#62;&#38;&#39;' })
  })
})

describe('signing out where nobody is signed in', () => {
  it('is a page that sends itself, and the end', async () => {
    const browser = new Browser({ 'accept-language': 'it' })
    const params = new URLSearchParams({ client_id: orchard.id, post_logout_redirect_uri: afterSignOut })
    const page = await browser.go(`${issuer().href}/session/end?${params.toString()}`)
    expect([page.answer.status, page.title]).toEqual([200, 'Un momento'])
    expect(page.answer.headers['content-security-policy']).toContain("form-action 'self' https://app.example;")
    expect((await browser.submit(page, {})).url).toBe(afterSignOut)
    const nowhere = await browser.go(`${issuer().href}/session/end`)
    expect((await browser.submit(nowhere, {})).title).toBe('Sei uscito')
  })
})

describe('somebody else at the same browser', () => {
  it('signs in, which ends the session of the one before', async () => {
    const eve = await registerPlayer()
    const browser = new Browser()
    await browser.signIn(await start(), ada)
    const page = await browser.signIn(await start({ prompt: 'login' }), eve)
    expect(page.title).toBe('One moment')
    expect(page.answer.headers['content-security-policy']).toContain("form-action 'self' https://app.example;")
    expect(new URL((await browser.submit(page, {})).url).searchParams.get('code')).toEqual(expect.any(String))
  })

  it('is let in when the client has people choose who they are', async () => {
    const browser = new Browser()
    await browser.signIn(await start(), ada)
    const asked = await browser.go(await start({ prompt: 'select_account' }))
    expect(asked.title).toBe('Sign in to Orchard &#38; Söhne')
    const { url } = await browser.submit(asked, { username: ada.username, password: ada.password })
    expect(new URL(url).searchParams.get('code')).toEqual(expect.any(String))
  })

  it('is asked who it is when the client thinks that it is another one', async () => {
    const config = await connect(orchard)
    const eve = await registerPlayer()
    const browser = new Browser()
    const journey = await begin(config)
    const { url } = await browser.signIn(journey.url, ada)
    const { id_token } = await openid.authorizationCodeGrant(config, new URL(url), journey.checks)
    const another = new Browser()
    await another.signIn(await start(), eve)
    const asked = await another.go(await start({ id_token_hint: id_token ?? '' }))
    expect(asked.title).toBe('Sign in to Orchard &#38; Söhne')
  })
})

describe('a code in the address of the page for devices', () => {
  it('is sent on to the question whether it is the right one', async () => {
    const mobile = await addClient({ name: 'Television', confidential: false })
    const device = await openid.initiateDeviceAuthorization(await connect(mobile), { scope: 'openid' })
    const browser = new Browser()
    const page = await browser.go(device.verification_uri_complete ?? '')
    expect(page.title).toBe('One moment')
    expect((await browser.submit(page, {})).title).toBe('Is this your device?')
  })
})

describe('a mistake of the client', () => {
  it('is a page for a person, and an answer for a program', async () => {
    const page = await new Browser().go(await start({ redirect_uri: 'https://evil.example/' }))
    expect([page.answer.status, page.title]).toEqual([400, 'This did not work'])
    const nowhere = await new Browser({ 'accept-language': 'it' }).go(`${issuer().href}/nothing/here`)
    expect([nowhere.answer.status, nowhere.title]).toEqual([404, 'Non ha funzionato'])
    const headers = { accept: 'application/json' }
    const answer = await callPath('public', 'GET', '/oidc/session/end?client_id=nobody', { headers })
    expect(answer.body).toMatchObject({ error: 'invalid_client' })
  })
})

describe('clients', () => {
  const request = async (method: string, path: string) => callPath('admin', method, path, { token: await adminToken() })

  it('have two secrets at a time, and none that is told twice', async () => {
    const { id, secret } = await addClient()
    const grant = (value: unknown) =>
      callPath('public', 'POST', '/oidc/token', {
        form: { grant_type: 'client_credentials', client_id: id, client_secret: String(value) },
      })
    const rotate = async () => objectOf((await request('POST', `/v1/clients/${id}/secrets`)).body)['client_secret']
    const second = await rotate()
    expect([(await grant(secret)).status, (await grant(second)).status]).toEqual([200, 200])
    const third = await rotate()
    const statuses = [await grant(secret), await grant(second), await grant(third)].map(({ status }) => status)
    expect(statuses).toEqual([401, 200, 200])
    const list = await request('GET', '/v1/clients')
    for (const value of [secret, second, third]) expect(list.text).not.toContain(String(value))
    expect(list.text).toContain(id)
    expect((await request('DELETE', `/v1/clients/${id}`)).status).toBe(204)
    expect((await request('DELETE', `/v1/clients/${id}`)).status).toBe(404)
    expect((await grant(third)).status).toBe(401)
  })

  it('are the business of administrators, at their door', async () => {
    const { token } = ada
    for (const [door, status] of [
      ['admin', 403],
      ['public', 404],
    ] as const) {
      expect((await callPath(door, 'GET', '/v1/clients', { token })).status).toBe(status)
      expect((await callPath(door, 'POST', '/v1/clients', { token, json: { name: 'x' } })).status).toBe(status)
    }
    expect((await callPath('admin', 'GET', '/v1/clients')).status).toBe(401)
  })
})

describe('somebody without an account', () => {
  const wish = (): Record<string, string> => ({
    answer: 'create',
    username: uniqueName('newcomer'),
    email: `${uniqueName('newcomer')}@example.org`,
    password: 'Korrekt Pferd Batterie 77',
  })

  it('makes one on the way, and has to prove the address before signing in', async () => {
    const browser = new Browser()
    const asked = await browser.go(await start())
    const form = await browser.submit(asked, { answer: 'register' })
    expect(form.title).toBe('Create an account')
    const wished = wish()
    const sent = await browser.submit(form, wished)
    expect([sent.answer.status, sent.title]).toEqual([200, 'Look at your mail'])
    const back = await browser.submit(sent, { answer: 'back' })
    const refused = await browser.submit(back, {
      username: wished['username'] ?? '',
      password: wished['password'] ?? '',
    })
    expect(refused.answer.status).toBe(401)
  })

  it.each([
    ['an easy password', { password: 'password1' }, 'This password is too short or too easy to guess.'],
    ['no address', { email: 'nowhere' }, 'This is not an e-mail address.'],
    ['a short name', { username: 'x' }, 'A user name has 3 to 50 characters and does not look like an e-mail address.'],
    ['a reserved name', { username: 'Admin' }, 'Somebody else has this user name.'],
  ])('hears what is wrong with %s, and keeps what was right', async (_, changes, complaint) => {
    const browser = new Browser()
    const form = await browser.submit(await browser.go(await start()), { answer: 'register' })
    const wished: Record<string, string> = { ...wish(), ...changes }
    const again = await browser.submit(form, wished)
    expect(again.answer.status).toBe(422)
    expect(again.answer.text).toContain(`<p role="alert" id="complaint">${complaint}</p>`)
    expect(again.fields).toMatchObject({ username: wished['username'], email: wished['email'], password: '' })
  })

  it('is told that a name is taken, but not that an address is known', async () => {
    const ask = async (changes: Record<string, string>) => {
      const browser = new Browser()
      const form = await browser.submit(await browser.go(await start()), { answer: 'register' })
      const { answer } = await browser.submit(form, { ...wish(), ...changes })
      return answer.text.replaceAll(/interaction\/[\w-]+|value="[\w-]*"/g, '')
    }
    expect(await ask({ username: ada.username })).toContain('Somebody else has this user name.')
    expect(await ask({ email: ada.email })).toBe(await ask({}))
  })
})

describe('somebody who has forgotten the password', () => {
  it('is answered alike whether there is such an account or not', async () => {
    const texts: string[] = []
    for (const email of [ada.email, 'nobody@example.org']) {
      const browser = new Browser()
      const form = await browser.submit(await browser.go(await start()), { answer: 'forgotten' })
      expect(form.title).toBe('Forgotten your password?')
      const sent = await browser.submit(form, { answer: 'send-link', email })
      texts.push(sent.answer.text.replaceAll(/interaction\/[\w-]+|value="[\w-]*"/g, ''))
    }
    expect(texts[0]).toContain('If an account has this address')
    expect(texts[0]).toBe(texts[1])
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { call } from '../support/http.ts'
import { type Player, registerPlayer, signIn } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'

let ada: Player
beforeEach(async () => {
  ada = await registerPlayer()
})

const pageAt = (path = '') => `${issuer().href}/account${path}`

describe('the account pages', () => {
  it('ask who it is, and then show them', async () => {
    const browser = new Browser()
    const asked = await browser.go(pageAt())
    expect(asked.title).toBe('Sign in to Sallyport')
    const page = await browser.submit(asked, { username: ada.username, password: ada.password })
    expect([page.url, page.title]).toEqual([pageAt(), 'Your account'])
    expect(page.answer.text).toContain(`<dd>${ada.username}</dd>`)
    expect(page.answer.text).toContain(`<dd>${ada.email} (not confirmed)</dd>`)
    expect((await browser.go(pageAt('/password'))).title).toBe('Change your password')
  })

  it('are in Italian for a browser that says so', async () => {
    const page = await new Browser({ 'accept-language': 'it' }).signIn(pageAt(), ada)
    expect(page.title).toBe('Il tuo account')
    expect(page.answer.text).toContain('non confermato')
  })

  it('are shown in no frame, load nothing, and are kept by nobody', async () => {
    const browser = new Browser()
    await browser.signIn(pageAt(), ada)
    for (const path of ['', '/password', '/nowhere']) {
      const { answer } = await browser.go(pageAt(path))
      const policy = String(answer.headers['content-security-policy'])
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self';/)
      expect(policy).toContain("frame-ancestors 'none'")
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      expect(answer.text).not.toMatch(/<script|\son\w+=|\sstyle=|<img|<link(?! rel="icon" href="data:)/)
    }
  })

  it('lead on to signing out, after which they ask again', async () => {
    const browser = new Browser()
    const page = await browser.signIn(pageAt(), ada)
    const [, way = ''] = /<a href="([^"]+)">Sign out/.exec(page.answer.text) ?? []
    expect((await browser.submit(await browser.go(new URL(way, page.url)), { logout: 'yes' })).title).toBe(
      'You are signed out',
    )
    expect((await browser.go(pageAt())).title).toBe('Sign in to Sallyport')
  })

  it('let somebody be who does not want to sign in', async () => {
    const browser = new Browser()
    const page = await browser.submit(await browser.go(pageAt('/password')), { answer: 'cancel' })
    expect([page.answer.status, page.title]).toEqual([401, 'You are not signed in'])
    expect(page.answer.text).toContain('<a href="/oidc/account/password">Sign in</a>')
  })

  it('send nobody elsewhere', async () => {
    const browser = new Browser()
    await browser.signIn(pageAt(), ada)
    for (const state of ['https://evil.example/', '//evil.example', '/account//evil.example']) {
      const url = new URL(pageAt('/signed-in'))
      url.search = new URLSearchParams({ code: 'x', state }).toString()
      expect((await browser.go(url)).url).toBe(pageAt())
    }
  })

  it('end with the account', async () => {
    const browser = new Browser()
    await browser.signIn(pageAt(), ada)
    await call('public', 'DELETE', `/auth/accounts/${ada.uid}`, { token: ada.token })
    expect((await browser.go(pageAt())).title).toBe('Sign in to Sallyport')
  })
})

describe('the password', () => {
  const other = 'Another-Horse8!'

  it('is changed by whoever knows it, and signs the others out', async () => {
    const elsewhere = new Browser()
    await elsewhere.signIn(pageAt(), ada)
    const browser = new Browser()
    const page = await browser.signIn(pageAt('/password'), ada)
    const changed = await browser.submit(page, { 'old-password': ada.password, 'new-password': other })
    expect([changed.answer.status, changed.title]).toEqual([200, 'Your password is changed'])
    expect((await browser.go(pageAt())).title).toBe('Your account')
    expect((await elsewhere.go(pageAt())).title).toBe('Sign in to Sallyport')
    expect((await signIn(ada)).status).toBe(401)
    expect((await signIn({ ...ada, password: other })).status).toBe(200)
  })

  it.each([
    ['the old one is wrong', { 'old-password': 'Not-The-One-77' }, 'This is not your password.'],
    ['the new one is weak', { 'new-password': 'password' }, 'This password is too short or too easy to guess.'],
  ])('stays when %s', async (_, fields, complaint) => {
    const browser = new Browser()
    const page = await browser.signIn(pageAt('/password'), ada)
    const refused = await browser.submit(page, { 'old-password': ada.password, 'new-password': other, ...fields })
    expect(refused.answer.status).toBe(422)
    expect(refused.answer.text).toContain(`<p role="alert" id="complaint">${complaint}</p>`)
    for (const secret of [ada.password, other, 'Not-The-One-77']) expect(refused.answer.text).not.toContain(secret)
    expect((await signIn(ada)).status).toBe(200)
  })

  it.each([
    ['another site', {}, { origin: 'https://evil.example' }],
    ['another site, as the browser says', {}, { 'sec-fetch-site': 'cross-site' }],
    ['a page that does not know the word', { csrf: '' }, {}],
  ])('is not changed by %s (CSRF)', async (_, fields, headers) => {
    const browser = new Browser()
    const page = await browser.signIn(pageAt('/password'), ada)
    const sent = { 'old-password': ada.password, 'new-password': other, ...fields }
    const refused = await browser.submit(page, sent, headers)
    expect([refused.answer.status, refused.title]).toEqual([400, 'This page has run out'])
    expect((await signIn(ada)).status).toBe(200)
  })
})

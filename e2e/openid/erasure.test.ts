import { beforeEach, describe, expect, it } from 'vitest'
import { callPath, objectOf } from '../support/http.ts'
import { type Player, registerPlayer, signIn } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'

let ada: Player
let browser: Browser
beforeEach(async () => {
  ada = await registerPlayer()
  browser = new Browser()
})

const pageAt = (path = '') => `${issuer().href}/account${path}`

describe('the page on which people erase themselves', () => {
  it('is found from the first one, and says what becomes of what they have', async () => {
    const first = await browser.signIn(pageAt(), ada)
    expect(first.answer.text).toContain('<a href="/oidc/account/erasure">Erase everything about you</a>')
    const page = await browser.go(pageAt('/erasure'))
    expect(page.answer.text).toContain(`To confirm, type your user name: ${ada.username}`)
  })

  it('erases nothing without the user name', async () => {
    const page = await browser.signIn(pageAt('/erasure'), ada)
    const refused = await browser.submit(page, { username: 'somebody else' })
    expect([refused.answer.status, refused.title]).toEqual([422, 'Erase everything about you'])
    expect(refused.answer.text).toContain('role="alert"')
    expect((await signIn(ada)).status).toBe(200)
  })

  it.each([
    ['another site', {}, { origin: 'https://evil.example' }],
    ['a page that does not know the word', { csrf: '' }, {}],
  ])('erases nothing for %s (CSRF)', async (_, fields, headers) => {
    const page = await browser.signIn(pageAt('/erasure'), ada)
    expect((await browser.submit(page, { username: ada.username, ...fields }, headers)).answer.status).toBe(400)
    expect((await signIn(ada)).status).toBe(200)
  })

  it('erases everything, and tells what opens the receipt', async () => {
    const page = await browser.signIn(pageAt('/erasure'), ada)
    const begun = await browser.submit(page, { username: ada.username })
    expect(begun.title).toBe('Everything about you is being erased')
    const [, place = ''] = /<a href="(\/v1\/erasures\/[^"]+)">/.exec(begun.answer.text) ?? []
    expect((await signIn(ada)).status).toBe(401)
    expect((await browser.go(pageAt())).title).toBe('Sign in to Sallyport')
    const look = async () => objectOf((await callPath('public', 'GET', place)).body)
    await expect.poll(async () => (await look())['state'], { timeout: 30_000 }).toBe('done')
    expect(await look()).toMatchObject({ receipt: { scope: 'everything' } })
    expect((await callPath('public', 'GET', place.replace(/=.*/, '=other'))).status).toBe(404)
  })

  it('is in Italian for a browser that says so', async () => {
    const page = await new Browser({ 'accept-language': 'it' }).signIn(pageAt('/erasure'), ada)
    expect(page.title).toBe('Cancella tutto ciò che ti riguarda')
  })
})

describe('POST /v1/me/erasure', () => {
  it.each([
    [undefined, 401],
    ['x', 401],
  ])('is for whoever has a token, not %s', async (token, status) => {
    const answer = await callPath('public', 'POST', '/v1/me/erasure', { json: {}, ...(token && { token }) })
    expect(answer.status).toBe(status)
  })

  it.each([[[]], ['x'], [{ keep_uploads: 'yes' }], [{ password: 5 }], [{ password: 'x'.repeat(1025) }]])(
    'takes no %j',
    async (json) => {
      expect((await callPath('public', 'POST', '/v1/me/erasure', { json, token: ada.token })).status).toBe(422)
      expect((await signIn(ada)).status).toBe(200)
    },
  )

  it('is nothing that an API key opens', async () => {
    const wish = { name: 'a', scopes: ['wallet:read'] }
    const made = await callPath('public', 'POST', '/v1/account/api-keys', { json: wish, token: ada.token })
    const headers = { 'x-api-key': String(objectOf(made.body)['key']) }
    const answer = await callPath('public', 'POST', '/v1/me/erasure', { json: {}, headers })
    expect(answer.status, answer.text).toBeOneOf([401, 403])
    expect((await signIn(ada)).status).toBe(200)
  })
})

import { createServer } from 'node:http'
import { dirname } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest'
import { callPath, objectOf } from '../support/http.ts'
import { newToken, type Player, registerPlayer, signIn } from '../support/people.ts'
import { launch } from '../support/program.ts'
import { Browser, issuer } from './browser.ts'
import * as conformance from './conformance/relying-party.ts'

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

describe('the clients that somebody was signed in to', () => {
  /** The logout tokens that a client was sent. */
  const told: string[] = []
  const server = createServer((incoming, response) => {
    let text = ''
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
    incoming.on('end', () => {
      told.push(new URLSearchParams(text).get('logout_token') ?? '')
      response.end()
    })
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  beforeEach(() => void told.splice(0))
  afterAll(() => void server.close())

  it.each([
    [
      'the person',
      async () => {
        const token = await newToken(ada)
        expect((await callPath('public', 'POST', '/v1/me/erasure', { json: {}, token })).status).toBe(202)
      },
    ],
    [
      'an operator',
      async () => {
        const settings = { SALLYPORT_DATA: dirname(inject('sallyportMailbox')) }
        const erasing = launch(['admin', 'privacy', 'erase', ada.username, '--yes'], settings)
        expect(await erasing.ended(), erasing.output()).toBe(0)
      },
    ],
  ] as const)('are told of the end by back-channel logout when %s erases everything', async (_, erase) => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new TypeError('the server listens on no port')
    const party = await conformance.register({
      backchannel_logout_uri: `http://localhost:${address.port}/`,
      backchannel_logout_session_required: true,
    })
    const { claims } = await conformance.signIn(conformance.visit(party, ada))
    await erase()
    await expect.poll(() => told.length, { timeout: 30_000 }).toBe(1)
    const { payload } = await conformance.verifyIdToken(told[0] ?? '', party)
    expect(payload).toMatchObject({ sub: ada.uid, sid: claims['sid'] })
  })
})

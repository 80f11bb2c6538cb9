import { beforeAll, describe, expect, it } from 'vitest'
import { sendRaw } from '../support/http.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { Browser, type Page } from './browser.ts'
import { afterSignOut } from './clients.ts'
import {
  authorize,
  endpoint,
  isSignedIn,
  linkOf,
  register,
  type RelyingParty,
  request,
  signIn,
  visit,
} from './conformance/relying-party.ts'

/* What another site can have somebody's browser do. */

let ada: Player
/** Belongs to strangers, so people are asked. */
let party: RelyingParty

beforeAll(async () => {
  ada = await registerPlayer()
  party = await register({ post_logout_redirect_uris: [afterSignOut] })
})

const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }

describe('a form of another site (CSRF)', () => {
  it('that asks for a sign-in gets what a link would: a question, and no cookie before it', async () => {
    const browser = new Browser()
    const page = await browser.go(await endpoint('authorization_endpoint'), request(party), evil)
    expect(page.title).toBe('Sign in to Conformance')
    const lines = ['POST /oidc/auth HTTP/1.1', 'Host: localhost', 'Content-Type: application/x-www-form-urlencoded']
    const answer = await sendRaw('public', [...lines, 'Content-Length: 3', 'Connection: close', '', 'a=b'])
    expect(answer).toMatch(/^HTTP\/1\.1 303 /)
    expect(answer.toLowerCase()).not.toContain('set-cookie')
  })

  it('allows no client anything', async () => {
    const somebody = visit(party, ada)
    const consent = await somebody.browser.signIn(await linkOf(request(party)), ada)
    expect(consent.answer.text).toContain('value="allow"')
    for (const [fields, headers] of [
      [{ csrf: '', answer: 'allow' }, {}],
      [{ csrf: 'guessed', answer: 'allow' }, {}],
      [{ answer: 'allow' }, evil],
    ] as const)
      expect((await somebody.browser.submit(consent, fields, headers)).answer.status).toBe(400)
    const { params } = await authorize(somebody, { prompt: 'none' })
    expect(params.get('error')).toBe('consent_required')
  })

  it('signs nobody out', async () => {
    const somebody = visit(party, ada)
    await signIn(somebody)
    const confirm = new URL(`${(await endpoint('end_session_endpoint')).href}/confirm`)
    const without = await somebody.browser.go(confirm, { logout: 'yes' }, evil)
    expect(without.answer.status).toBe(400)
    const asked = await somebody.browser.go(await endpoint('end_session_endpoint'), { client_id: party.id }, evil)
    expect(asked.title).toBe('Sign out?')
    const guessed = await somebody.browser.submit(asked, { xsrf: 'guessed', logout: 'yes' })
    expect(guessed.answer.status).toBe(400)
    expect(await isSignedIn(somebody)).toBe(true)
  })
})

describe('a frame of another site (clickjacking)', () => {
  const go = async (url: Promise<URL>) => new Browser().go(await url)
  const pages: [string, () => Promise<Page>][] = [
    ['that asks for the password', () => go(linkOf(request(party)))],
    ['that asks what a client may', async () => new Browser().signIn(await linkOf(request(party)), ada)],
    ['that says what is wrong', () => go(linkOf({ client_id: 'nobody' }))],
    ['that has run out', () => go(linkOf({}).then((url) => new URL('/oidc/interaction/gone', url)))],
    ['that asks for the code of a device', () => go(linkOf({}).then((url) => new URL('/oidc/device', url)))],
    [
      'that asks whether to sign out',
      async () => {
        const somebody = visit(party, ada)
        await signIn(somebody)
        return somebody.browser.go(await endpoint('end_session_endpoint'))
      },
    ],
    [
      'that says that somebody is signed out',
      () => go(linkOf({}).then((url) => new URL('/oidc/session/end/success', url))),
    ],
    ['that sends on by a form', () => go(linkOf(request(party, { response_mode: 'form_post', prompt: 'none' })))],
  ]

  it.each(pages)('shows no page %s', async (_, show) => {
    const { headers, text } = (await show()).answer
    expect(text).toContain('<title>')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
    expect(headers['x-frame-options']).toBe('DENY')
    expect(headers['x-content-type-options']).toBe('nosniff')
  })
})

describe('a link', () => {
  it('that names a client that there is none of leads nowhere', async () => {
    const page = await new Browser().go(
      await linkOf(request({ id: 'nobody' }, { redirect_uri: 'https://evil.example/' })),
    )
    expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
    expect(page.answer.text).not.toContain('evil.example')
  })

  it.each([
    ['by a link', 'GET', ''],
    ['by a form', 'POST', 'a=b'],
  ])('leads to the issuer, whatever host a request names (%s)', async (_, method, body) => {
    const { pathname, search } = await linkOf(request(party))
    const answer = await sendRaw('public', [
      `${method} ${pathname}${search} HTTP/1.1`,
      'Host: evil.example',
      'X-Forwarded-Host: evil.example',
      'Forwarded: host=evil.example',
      'Content-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
      body,
    ])
    expect(answer).toMatch(/^HTTP\/1\.1 303 /)
    expect(answer).not.toContain('evil.example')
  })
})

import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Player, registerPlayer } from '../../support/people.ts'
import type { Page } from '../browser.ts'
import { afterSignOut } from '../clients.ts'
import {
  discover,
  endpoint,
  isSignedIn,
  linkOf,
  register,
  type RelyingParty,
  type SignedIn,
  signIn,
  type Visit,
  visit,
} from './relying-party.ts'

/* Modules of oidcc-rp-initiated-logout-certification-test-plan. docs/openid-conformance.md lists them all. */

let ada: Player
let party: RelyingParty

beforeAll(async () => {
  ada = await registerPlayer()
  party = await register({ post_logout_redirect_uris: [afterSignOut] })
})

async function signedIn(): Promise<{ somebody: Visit; tokens: SignedIn; hint: { id_token_hint: string } }> {
  const somebody = visit(party, ada)
  const tokens = await signIn(somebody)
  return { somebody, tokens, hint: { id_token_hint: tokens.idToken } }
}

/** Sends somebody to sign out, who says yes. */
async function signOut({ browser }: Visit, params: Readonly<Record<string, string>>): Promise<Page> {
  const asked = await browser.go(await linkOf(params, 'end_session_endpoint'))
  expect([asked.answer.status, asked.title]).toEqual([200, 'Sign out?'])
  return browser.submit(asked, { logout: 'yes' })
}

/** They stay at the provider, which says that they are signed out, and they are. */
async function expectSignedOutHere(somebody: Visit, page: Page): Promise<void> {
  expect([page.answer.status, page.title]).toEqual([200, 'You are signed out'])
  expect(await isSignedIn(somebody)).toBe(false)
}

/** They are shown what is wrong, are sent nowhere, and nobody is signed out by it. */
async function expectRefused(somebody: Visit, params: Readonly<Record<string, string>>): Promise<void> {
  const page = await somebody.browser.go(await linkOf(params, 'end_session_endpoint'))
  expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
  expect(page.answer.headers['content-type']).toMatch(/^text\/html\b/)
  expect(await isSignedIn(somebody)).toBe(true)
}

const back = { post_logout_redirect_uri: afterSignOut, state: 'a state/&?' }

describe('signing out at the wish of a client', () => {
  it('oidcc-rp-initiated-logout-discovery-endpoint-verification: discovery says where', async () => {
    expect((await discover())['end_session_endpoint']).toBe((await endpoint('end_session_endpoint')).href)
  })

  it('oidcc-rp-initiated-logout: asks, signs out and sends back with what was theirs', async () => {
    const { somebody, hint } = await signedIn()
    const { url } = await signOut(somebody, { ...hint, ...back })
    expect(url).toBe(`${afterSignOut}?${new URLSearchParams({ state: back.state }).toString()}`)
    expect(await isSignedIn(somebody)).toBe(false)
  })

  it('oidcc-rp-initiated-logout: the same for a request by a form', async () => {
    const { somebody, hint } = await signedIn()
    const asked = await somebody.browser.go(await endpoint('end_session_endpoint'), { ...hint, ...back })
    const { url } = await somebody.browser.submit(asked, { logout: 'yes' })
    expect(new URL(url).searchParams.get('state')).toBe(back.state)
    expect(await isSignedIn(somebody)).toBe(false)
  })

  it('oidcc-rp-initiated-logout-no-state: and says nothing where nothing was said', async () => {
    const { somebody, hint } = await signedIn()
    const { url } = await signOut(somebody, { ...hint, post_logout_redirect_uri: afterSignOut })
    expect(url).toBe(afterSignOut)
    expect(await isSignedIn(somebody)).toBe(false)
  })

  it.each([
    ['oidcc-rp-initiated-logout-no-params: without a word', () => ({})],
    ['oidcc-rp-initiated-logout-only-state: without more than a state', () => ({ state: back.state })],
    [
      'oidcc-rp-initiated-logout-no-post-logout-redirect-uri: without an address',
      (hint: object) => ({ ...hint, state: back.state }),
    ],
    ['oidcc-rp-initiated-logout-no-id-token-hint: without saying who it is', () => back],
  ])('%s nobody is sent anywhere', async (_, paramsOf) => {
    const { somebody, hint } = await signedIn()
    await expectSignedOutHere(somebody, await signOut(somebody, { ...paramsOf(hint) }))
  })

  it('oidcc-rp-initiated-logout-bad-post-logout-redirect-uri: sends nobody to an address that was not registered', async () => {
    const { somebody, hint } = await signedIn()
    for (const uri of ['https://evil.example/', `${afterSignOut}/x`, 'https://app.example/callback'])
      await expectRefused(somebody, { ...hint, ...back, post_logout_redirect_uri: uri })
  })

  it('oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri: nor to one with something added', async () => {
    const { somebody, hint } = await signedIn()
    await expectRefused(somebody, { ...hint, ...back, post_logout_redirect_uri: `${afterSignOut}?foo=bar` })
  })

  it('oidcc-rp-initiated-logout-modified-id-token-hint: believes no ID token that was changed', async () => {
    const { somebody, tokens } = await signedIn()
    const [header = '', , signature = ''] = tokens.idToken.split('.')
    const claims = Buffer.from(JSON.stringify({ ...tokens.claims, sub: 'somebody else' })).toString('base64url')
    await expectRefused(somebody, { ...back, id_token_hint: [header, claims, signature].join('.') })
  })

  it('oidcc-rp-initiated-logout-bad-id-token-hint: nor what is none, or was signed by others', async () => {
    const { somebody, tokens } = await signedIn()
    const { privateKey, publicKey } = await generateKeyPair('RS256')
    const foreign = (header: object) =>
      new SignJWT({ ...tokens.claims }).setProtectedHeader({ alg: 'RS256', ...header }).sign(privateKey)
    const [header = ''] = tokens.idToken.split('.')
    const { kid }: { kid?: unknown } = JSON.parse(Buffer.from(header, 'base64url').toString())
    const hints = [
      'no token',
      'a.b.c',
      await foreign({}),
      await foreign({ kid }),
      await foreign({ jwk: await exportJWK(publicKey) }),
    ]
    for (const hint of hints) await expectRefused(somebody, { ...back, id_token_hint: hint })
  })
})

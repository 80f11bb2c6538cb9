import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { objectOf } from '../../support/http.ts'
import { type Player, registerPlayer } from '../../support/people.ts'
import { Browser } from '../browser.ts'
import { callback } from '../clients.ts'
import {
  answerQuestions,
  authorize,
  discover,
  endpoint,
  exchange,
  linkOf,
  register,
  type RelyingParty,
  request,
  type SignedIn,
  signIn,
  userinfo,
  type Visit,
  visit,
} from './relying-party.ts'

/* Modules of oidcc-basic-certification-test-plan: what a client may ask. docs/openid-conformance.md lists them all. */

let ada: Player
let party: RelyingParty
/** Somebody who signed in before the other tests, so that it was a while ago when they are asked again. */
let earlier: { readonly visit: Visit; readonly signedIn: SignedIn }[]

beforeAll(async () => {
  ada = await registerPlayer()
  party = await register()
  const visits = [visit(party, ada), visit(party, ada)]
  earlier = await Promise.all(
    visits.map(async (somebody) => ({ visit: somebody, signedIn: await signIn(somebody, { max_age: '10000' }) })),
  )
})

const claimsAt = async ({ accessToken }: SignedIn) => objectOf((await userinfo(accessToken)).body)
const authTime = ({ claims }: SignedIn): number => Number(claims['auth_time'])

describe('a scope', () => {
  it('oidcc-scope-profile: profile tells who somebody is called', async () => {
    const signedIn = await signIn(visit(party, ada), { scope: 'openid profile' })
    expect(await claimsAt(signedIn)).toEqual({ sub: ada.uid, preferred_username: ada.username })
  })

  it('oidcc-scope-email: email tells the address, and whether it is proven', async () => {
    const signedIn = await signIn(visit(party, ada), { scope: 'openid email' })
    expect(await claimsAt(signedIn)).toEqual({ sub: ada.uid, email: ada.email, email_verified: false })
  })

  it.each(['oidcc-scope-address: address', 'oidcc-scope-phone: phone'])(
    '%s is not supported, is not said to be, and does no harm',
    async (title) => {
      const scope = title.split(' ')[1] ?? ''
      expect((await discover())['scopes_supported']).not.toContain(scope)
      const signedIn = await signIn(visit(party, ada), { scope: `openid ${scope}` })
      expect(await claimsAt(signedIn)).toEqual({ sub: ada.uid })
    },
  )

  it('oidcc-scope-all: all of them at once tell all there is', async () => {
    const signedIn = await signIn(visit(party, ada), { scope: 'openid profile email address phone' })
    const { username: preferred_username, email, uid: sub } = ada
    expect(await claimsAt(signedIn)).toEqual({ sub, preferred_username, email, email_verified: false })
  })

  it('oidcc-alternate-happy-flow, oidcc-ensure-other-scope-order-succeeds: no order of scopes or parameters matters', async () => {
    const browser = new Browser()
    const sent = request(party, { scope: 'email openid' })
    const url = await linkOf(Object.fromEntries(Object.entries(sent).toReversed()))
    const { params } = await answerQuestions(browser, ada, await browser.go(url))
    const answer = await exchange(party, params.get('code'))
    expect(answer.status).toBe(200)
    const { access_token: token } = objectOf(answer.body)
    expect(objectOf((await userinfo(String(token))).body)['email']).toBe(ada.email)
  })

  it('oidcc-claims-essential: a claim that there is none of, essential or not, is left out', async () => {
    const claims = JSON.stringify({ userinfo: { name: { essential: true }, email: { essential: true } } })
    const signedIn = await signIn(visit(party, ada), { claims })
    // The suite warns where there is no name. Accounts have none.
    expect(await claimsAt(signedIn)).toEqual({ sub: ada.uid, email: ada.email })
    for (const claim of ['name', 'email']) expect(signedIn.claims).not.toHaveProperty(claim)
  })
})

describe('a wish about the pages', () => {
  it.each(['page', 'popup'])('oidcc-display-%s: is understood, the page being the same', async (display) => {
    expect((await signIn(visit(party, ada), { display })).asked).toEqual(['sign-in', 'consent'])
  })

  it('oidcc-login-hint: has the name filled in', async () => {
    const page = await new Browser().go(await linkOf(request(party, { login_hint: ada.username })))
    expect(page.fields['username']).toBe(ada.username)
    await signIn(visit(party, ada), { login_hint: 'bob@example.org' })
  })

  it('oidcc-ui-locales: shows a language that there is, and another where there is not', async () => {
    const titleIn = async (locales: string) =>
      (await new Browser().go(await linkOf(request(party, { ui_locales: locales })))).title
    expect(await titleIn('se it en')).toBe('Accedi a Conformance')
    expect(await titleIn('se')).toBe('Sign in to Conformance')
    await signIn(visit(party, ada), { ui_locales: 'se' })
  })

  it.each([
    ['oidcc-claims-locales: claims_locales', { claims_locales: 'se' }],
    ['oidcc-ensure-request-with-acr-values-succeeds: acr_values', { acr_values: '1 2' }],
    ['oidcc-ensure-request-with-unknown-parameter-succeeds: what nobody knows', { extra: 'foobar' }],
  ])('%s does no harm', async (_, params) => {
    await signIn(visit(party, ada), params)
  })
})

describe('whether somebody has to sign in again', () => {
  it('oidcc-prompt-none-not-logged-in: a client that may ask nothing hears so of whom it does not know', async () => {
    const { params, asked } = await authorize(visit(party, ada), { prompt: 'none' })
    expect([params.get('error'), params.get('code'), asked]).toEqual(['login_required', null, []])
  })

  it('oidcc-prompt-none-logged-in: and gets who is signed in without a question', async () => {
    const somebody = visit(party, ada)
    const first = await signIn(somebody, { max_age: '10000' })
    const second = await signIn(somebody, { prompt: 'none', max_age: '10000' })
    expect([second.asked, authTime(second)]).toEqual([[], authTime(first)])
  })

  it('oidcc-id-token-hint: the same, of the person that the client means; not of another', async () => {
    const somebody = visit(party, ada)
    const { idToken } = await signIn(somebody)
    expect((await signIn(somebody, { prompt: 'none', id_token_hint: idToken })).asked).toEqual([])
    const another = visit(party, await registerPlayer())
    await signIn(another)
    const { params } = await authorize(another, { prompt: 'none', id_token_hint: idToken })
    expect([params.get('error'), params.get('code')]).toEqual(['login_required', null])
  })

  it('oidcc-max-age-10000: whoever signed in lately is not asked again', async () => {
    const somebody = visit(party, ada)
    const first = await signIn(somebody, { max_age: '10000' })
    const second = await signIn(somebody, { max_age: '10000' })
    expect([second.asked, authTime(second)]).toEqual([[], authTime(first)])
  })

  it.each([
    ['oidcc-max-age-1: whoever signed in longer ago than the client allows', 0, { max_age: '1' }],
    ['oidcc-prompt-login: whoever the client wants to', 1, { prompt: 'login', max_age: '10000' }],
  ])('%s signs in again, and the client is told when', async (_, which, params) => {
    const { visit: somebody, signedIn } = earlier[which] ?? expect.fail('nobody signed in')
    // Two whole seconds, most of which the other tests have taken.
    await sleep(Math.max(0, (authTime(signedIn) + 2) * 1000 - Date.now()))
    const again = await signIn(somebody, params)
    expect(again.asked).toEqual(['sign-in'])
    expect(authTime(again)).toBeGreaterThan(authTime(signedIn))
  })
})

describe('how a request comes', () => {
  it('oidcc-ensure-post-request-succeeds: by a form as well as by a link', async () => {
    const browser = new Browser()
    const post = async () => {
      const sent = request(party)
      const page = await browser.go(await endpoint('authorization_endpoint'), sent, { origin: 'https://app.example' })
      const { params, asked } = await answerQuestions(browser, ada, page)
      expect([params.get('state'), (await exchange(party, params.get('code'))).status]).toEqual([sent['state'], 200])
      return asked
    }
    expect(await post()).toEqual(['sign-in', 'consent'])
    expect(await post()).toEqual([])
  })

  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = (claims: object): string => `${encode({ alg: 'none' })}.${encode(claims)}.`

  it.each([
    [
      'oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported',
      'request_not_supported',
      () => ({ request: unsigned(request(party)) }),
    ],
    [
      'oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported',
      'request_uri_not_supported',
      () => ({ request_uri: 'https://app.example/request.jwt' }),
    ],
  ])('%s: not in an object, which is said', async (_, error, params) => {
    const supported = await discover()
    expect(supported['request_parameter_supported'] ?? false).toBe(false)
    expect(supported['request_uri_parameter_supported'] ?? true).toBe(false)
    const returned = await authorize(visit(party, ada), params())
    expect([returned.params.get('error'), returned.params.get('code')]).toEqual([error, null])
  })

  it('oidcc-ensure-request-object-with-redirect-uri: an object sends nobody to an address beside it', async () => {
    const params = { request: unsigned(request(party)), redirect_uri: 'https://evil.example/callback' }
    const page = await new Browser().go(await linkOf(request(party, params)))
    expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
    const swapped = { request: unsigned(request(party, { redirect_uri: 'https://evil.example/callback' })) }
    const { url } = await new Browser().go(await linkOf(request(party, swapped)))
    expect(url.startsWith(`${callback}?error=request_not_supported`)).toBe(true)
  })
})

import { randomBytes } from 'node:crypto'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { expect } from 'vitest'
import { type Answer, callPath, objectOf, textOf } from '../../support/http.ts'
import { adminToken, type Player } from '../../support/people.ts'
import { Browser, issuer, type Page } from '../browser.ts'
import { callback } from '../clients.ts'

/*
 * A client of the provider as the conformance suite plays it: everything it knows it has from discovery, it registers
 * itself, and it judges what it gets without any library that would be forgiving.
 */

export interface RelyingParty {
  readonly id: string
  readonly secret: string
  readonly method: 'client_secret_basic' | 'client_secret_post'
}

export type Parameters = Readonly<Record<string, string | undefined>>

let discovered: Promise<Record<string, unknown>> | undefined

/** What the provider says about itself. */
export function discover(): Promise<Record<string, unknown>> {
  return (discovered ??= callPath('public', 'GET', `${issuer().pathname}/.well-known/openid-configuration`).then(
    ({ body }) => objectOf(body),
  ))
}

export async function endpoint(name: string): Promise<URL> {
  return new URL(String((await discover())[name]))
}

/** Registers a client at the registration endpoint (OpenID Connect Dynamic Client Registration). */
export async function requestRegistration(metadata: object = {}): Promise<Answer> {
  const allowed = await callPath('admin', 'POST', '/v1/clients/registration-tokens', { token: await adminToken() })
  return callPath('public', 'POST', (await endpoint('registration_endpoint')).pathname, {
    token: textOf(allowed, 'initial_access_token'),
    json: {
      client_name: 'Conformance',
      redirect_uris: [callback],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      ...metadata,
    },
  })
}

export async function register(
  metadata: object = {},
  method: RelyingParty['method'] = 'client_secret_basic',
): Promise<RelyingParty> {
  const answer = await requestRegistration({ token_endpoint_auth_method: method, ...metadata })
  expect(answer.status, answer.text).toBe(201)
  return { id: textOf(answer, 'client_id'), secret: textOf(answer, 'client_secret'), method }
}

/** An authorization request of a client, with a `state` and a `nonce`; what is undefined is left out. */
export function request({ id }: Pick<RelyingParty, 'id'>, params: Parameters = {}): Record<string, string> {
  const all = {
    client_id: id,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    state: random(),
    nonce: random(),
    ...params,
  }
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** Where a browser is sent with a request. */
export async function linkOf(params: Readonly<Record<string, string>>, at = 'authorization_endpoint'): Promise<URL> {
  const url = await endpoint(at)
  url.search = new URLSearchParams(params).toString()
  return url
}

/** How somebody came back to the client, and what they were asked on the way. */
export interface Return {
  readonly params: URLSearchParams
  readonly asked: readonly ('sign-in' | 'consent')[]
}

/** Answers what the provider asks, as somebody who wants to sign in would, until the browser is sent elsewhere. */
export async function answerQuestions(browser: Browser, person: Player, first: Page): Promise<Return> {
  const asked: ('sign-in' | 'consent')[] = []
  let page = first
  while (new URL(page.url).origin === issuer().origin) {
    const question = 'password' in page.fields ? 'sign-in' : 'consent'
    if (asked.includes(question) || (question === 'consent' && !page.answer.text.includes('value="allow"')))
      throw new Error(`no way on from ${page.answer.status} ${page.title}`)
    asked.push(question)
    const { username, password } = person
    page = await browser.submit(page, question === 'sign-in' ? { username, password } : { answer: 'allow' })
  }
  const { origin, pathname, searchParams } = new URL(page.url)
  expect(origin + pathname).toBe(callback)
  return { params: searchParams, asked }
}

/** Somebody with a browser of their own, at a client. */
export interface Visit {
  readonly party: RelyingParty
  readonly person: Player
  readonly browser: Browser
}

export const visit = (party: RelyingParty, person: Player, browser = new Browser()): Visit => ({
  party,
  person,
  browser,
})

/** Sends somebody to the provider and has them back: with what was theirs (`state`), from whom it should be (`iss`). */
export async function authorize(
  { party, person, browser }: Visit,
  params: Parameters = {},
): Promise<Return & { readonly nonce: string | undefined }> {
  const sent = request(party, params)
  const returned = await answerQuestions(browser, person, await browser.go(await linkOf(sent)))
  expect(returned.params.get('state')).toBe(sent['state'] ?? null)
  expect(returned.params.get('iss')).toBe(issuer().href)
  return { ...returned, nonce: sent['nonce'] }
}

/** A request to the token endpoint, with the client's proof of who it is. */
export async function requestToken(party: RelyingParty, form: Readonly<Record<string, string>>): Promise<Answer> {
  const { id, secret, method } = party
  const { pathname } = await endpoint('token_endpoint')
  if (method === 'client_secret_post')
    return callPath('public', 'POST', pathname, { form: { client_id: id, client_secret: secret, ...form } })
  const credentials = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')
  return callPath('public', 'POST', pathname, { form, headers: { authorization: `Basic ${credentials}` } })
}

export const exchange = (party: RelyingParty, code: string | null, more: Readonly<Record<string, string>> = {}) =>
  requestToken(party, { grant_type: 'authorization_code', code: code ?? '', redirect_uri: callback, ...more })

export const refresh = (party: RelyingParty, token: string) =>
  requestToken(party, { grant_type: 'refresh_token', refresh_token: token })

/** What a client has once somebody has signed in. */
export interface SignedIn {
  readonly asked: Return['asked']
  readonly answer: Answer
  readonly accessToken: string
  readonly idToken: string
  readonly claims: JWTPayload
}

/** The whole way, with everything on it judged. */
export async function signIn(who: Visit, params: Parameters = {}): Promise<SignedIn> {
  const { params: returned, asked, nonce } = await authorize(who, params)
  const answer = await exchange(who.party, returned.get('code'))
  expect(answer.status, answer.text).toBe(200)
  const idToken = textOf(answer, 'id_token')
  const { payload: claims } = await verifyIdToken(idToken, who.party)
  expect(claims['nonce']).toBe(nonce)
  expect(claims.sub).toBe(who.person.uid)
  return { asked, answer, accessToken: textOf(answer, 'access_token'), idToken, claims }
}

/** Judges an ID token or a logout token as OpenID Connect Core 3.1.3.7 does, with the keys that are published. */
export async function verifyIdToken(token: string, { id }: Pick<RelyingParty, 'id'>) {
  const keys = createRemoteJWKSet(await endpoint('jwks_uri'))
  return jwtVerify(token, keys, {
    issuer: issuer().href,
    audience: id,
    algorithms: ['RS256'],
    requiredClaims: ['iss', 'sub', 'aud', 'exp', 'iat'],
    maxTokenAge: 60,
  })
}

export async function userinfo(token: string): Promise<Answer> {
  return callPath('public', 'GET', (await endpoint('userinfo_endpoint')).pathname, { token })
}

export const errorOf = ({ body }: Answer): unknown => objectOf(body)['error']

/** Whether the browser is signed in: a request that may ask nothing tells. */
export async function isSignedIn(who: Visit): Promise<boolean> {
  const { params } = await authorize(who, { prompt: 'none' })
  const error = params.get('error')
  expect(['login_required', null]).toContain(error)
  return error === null
}

function random(): string {
  return randomBytes(16).toString('base64url')
}

import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Answer, callPath, objectOf } from '../support/http.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, callback, type RegisteredClient } from './clients.ts'
import {
  answerQuestions,
  authorize,
  errorOf,
  exchange,
  linkOf,
  type RelyingParty,
  request,
  visit,
} from './conformance/relying-party.ts'

const elsewhere = 'https://app.example/elsewhere'

let ada: Player
/** A client with a secret and two addresses. */
let orchard: RelyingParty
let mobile: RegisteredClient

beforeAll(async () => {
  ada = await registerPlayer()
  const { id, secret = '' } = await addClient({ first_party: true, redirect_uris: [callback, elsewhere] })
  orchard = { id, secret, method: 'client_secret_basic' }
  mobile = await addClient({ confidential: false, first_party: true })
})

const codeFor = async (): Promise<string | null> => (await authorize(visit(orchard, ada))).params.get('code')

/** What somebody gets at the token endpoint who has no secret. */
const exchangeWithout = (form: Record<string, string>): Promise<Answer> =>
  callPath('public', 'POST', '/oidc/token', {
    form: { grant_type: 'authorization_code', redirect_uri: callback, ...form },
  })

describe('a code that was asked for without PKCE', () => {
  it('is worth nothing to a thief without the secret of the client', async () => {
    const code = (await codeFor()) ?? ''
    const attempts = [
      { code, client_id: orchard.id },
      { code, client_id: orchard.id, client_secret: 'guessed' },
      { code, client_id: mobile.id },
      { code, client_id: mobile.id, code_verifier: randomBytes(32).toString('base64url') },
      { code },
    ]
    const errors = []
    for (const form of attempts) errors.push(errorOf(await exchangeWithout(form)))
    expect(errors).toEqual(['invalid_client', 'invalid_client', 'invalid_grant', 'invalid_grant', 'invalid_request'])
    expect((await exchange(orchard, code)).status).toBe(200)
  })

  it('is none that a verifier belongs to: nobody takes the binding off a request unnoticed', async () => {
    const code_verifier = randomBytes(32).toString('base64url')
    expect(errorOf(await exchange(orchard, await codeFor(), { code_verifier }))).toBe('invalid_grant')
  })

  it.each([
    ['without', {}],
    ['with a challenge that is the verifier', { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }],
    ['with a challenge of no method', { code_challenge: 'x'.repeat(43) }],
  ])('is given to no client that has no secret: %s', async (_, params) => {
    const { url } = await new Browser().go(await linkOf(request(mobile, params)))
    const { searchParams } = new URL(url)
    expect([searchParams.get('error'), searchParams.get('code')]).toEqual(['invalid_request', null])
  })

  it('cannot be had by pushing the request either', async () => {
    const pushed = await callPath('public', 'POST', '/oidc/request', { form: request(mobile) })
    expect([pushed.status, errorOf(pushed)]).toEqual([400, 'invalid_request'])
  })
})

describe('a code', () => {
  it('for one address of a client is worth nothing with the other (mixed-up redirect URI)', async () => {
    const browser = new Browser()
    const toOne = await codeFor()
    expect(errorOf(await exchange(orchard, toOne, { redirect_uri: elsewhere }))).toBe('invalid_grant')
    const { url } = await browser.signIn(await linkOf(request(orchard, { redirect_uri: elsewhere })), ada)
    const toOther = new URL(url).searchParams.get('code')
    expect(url.startsWith(`${elsewhere}?`)).toBe(true)
    expect(errorOf(await exchange(orchard, toOther))).toBe('invalid_grant')
  })

  it('comes with the name of who gave it, as does a refusal (mix-up of providers, RFC 9207)', async () => {
    // `authorize` expects the right one.
    await codeFor()
    expect((await authorize(visit(orchard, ada), { prompt: 'none' })).params.get('error')).toBe('login_required')
  })

  it('is bound to its verifier to the letter', async () => {
    const verifier = randomBytes(32).toString('base64url')
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    const browser = new Browser()
    const sent = request(mobile, { code_challenge: challenge, code_challenge_method: 'S256' })
    const code = async (): Promise<string> => {
      const { params } = await answerQuestions(browser, ada, await browser.go(await linkOf(sent)))
      return params.get('code') ?? ''
    }
    for (const wrong of [challenge, verifier.slice(1), `${verifier}A`, '']) {
      const refused = await exchangeWithout({ code: await code(), client_id: mobile.id, code_verifier: wrong })
      expect([refused.status, errorOf(refused)], wrong).toEqual([
        400,
        expect.stringMatching(/^invalid_(?:grant|request)$/),
      ])
    }
    const taken = await exchangeWithout({ code: await code(), client_id: mobile.id, code_verifier: verifier })
    expect(objectOf(taken.body)).toHaveProperty('id_token')
  })
})

describe('a client', () => {
  it('proves nothing by an assertion without a signature (alg none)', async () => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: orchard.id, sub: orchard.id, aud: issuer().href, jti: randomUUID(), iat: now, exp: now + 60 }
    const [header, payload] = [{ alg: 'none' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const refused = await callPath('public', 'POST', '/oidc/token', {
      form: {
        grant_type: 'client_credentials',
        client_assertion: `${header}.${payload}.`,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      },
    })
    expect([refused.status, errorOf(refused)]).toEqual([401, 'invalid_client'])
  })

  it('that there is none of looks like a wrong secret', async () => {
    const form = { grant_type: 'client_credentials' }
    const answer = (id: string) =>
      callPath('public', 'POST', '/oidc/token', { form: { ...form, client_id: id, client_secret: 'guessed' } })
    const [unknown, wrong] = [await answer(randomUUID()), await answer(orchard.id)]
    expect([unknown.status, unknown.text]).toEqual([wrong.status, wrong.text])
    expect(errorOf(unknown)).toBe('invalid_client')
  })
})

import { createServer } from 'node:http'
import { randomUUID } from 'node:crypto'
import { decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callPath, objectOf, textOf } from '../../support/http.ts'
import { type Player, registerPlayer } from '../../support/people.ts'
import { Browser, issuer } from '../browser.ts'
import { callback } from '../clients.ts'
import {
  answerQuestions,
  authorize,
  discover,
  endpoint,
  errorOf,
  exchange,
  linkOf,
  register,
  request,
  requestRegistration,
  signIn,
  verifyIdToken,
  visit,
} from './relying-party.ts'

/*
 * Modules of oidcc-dynamic-certification-test-plan that make sense with the code flow. docs/openid-conformance.md says
 * what became of the others.
 */

let ada: Player

beforeAll(async () => void (ada = await registerPlayer()))

describe('a client that registers itself', () => {
  it('oidcc-idtoken-rs256: gets ID tokens that are signed as it asked', async () => {
    const party = await register({ id_token_signed_response_alg: 'RS256' })
    const { idToken } = await signIn(visit(party, ada))
    expect(decodeProtectedHeader(idToken).alg).toBe('RS256')
  })

  it('oidcc-redirect-uri-regfrag: registers no address with a fragment', async () => {
    const answer = await requestRegistration({ redirect_uris: [`${callback}#foobar`] })
    expect([answer.status, errorOf(answer)]).toEqual([400, 'invalid_redirect_uri'])
  })

  it('oidcc-redirect-uri-query-OK: may have an address with a query, and gets it back', async () => {
    const uri = `${callback}?foo=bar`
    const party = await register({ redirect_uris: [uri] })
    const sent = request(party, { redirect_uri: uri })
    const browser = new Browser()
    const { params } = await answerQuestions(browser, ada, await browser.go(await linkOf(sent)))
    expect([params.get('foo'), params.get('state')]).toEqual(['bar', sent['state']])
    expect((await exchange(party, params.get('code'), { redirect_uri: uri })).status).toBe(200)
  })

  it.each([
    ['oidcc-redirect-uri-query-added: with something added', callback, `${callback}?foo=bar`],
    ['oidcc-redirect-uri-query-mismatch: with another query', `${callback}?foo=bar`, `${callback}?bar=foo`],
    ['oidcc-ensure-redirect-uri-in-authorization-request: to an address that it did not name', callback, undefined],
  ])('%s sends nobody back', async (_, registered, uri) => {
    const party = await register({ redirect_uris: [registered] })
    const page = await new Browser().go(await linkOf(request(party, { redirect_uri: uri })))
    expect([page.answer.status, page.answer.headers.location]).toEqual([400, undefined])
  })

  it('oidcc-userinfo-rs256, oidcc-registration-sector-uri, oidcc-registration-sector-bad: hears what it does not get', async () => {
    const metadata = await discover()
    expect(metadata['subject_types_supported']).toEqual(['public'])
    expect(metadata).not.toHaveProperty('userinfo_signing_alg_values_supported')
    const signed = await requestRegistration({ userinfo_signed_response_alg: 'RS256' })
    expect([signed.status, objectOf(signed.body)]).toEqual([
      201,
      expect.not.objectContaining({ userinfo_signed_response_alg: 'RS256' }),
    ])
    const pairwise = await requestRegistration({
      subject_type: 'pairwise',
      sector_identifier_uri: 'https://app.example/s',
    })
    expect([pairwise.status, errorOf(pairwise)]).toEqual([400, 'invalid_client_metadata'])
  })
})

describe('a client that proves itself by a key', () => {
  let privateKey: CryptoKey
  let keys = ''
  let address: string
  const server = createServer((_, response) => void response.setHeader('content-type', 'application/json').end(keys))

  beforeAll(async () => {
    const pair = await generateKeyPair('RS256')
    privateKey = pair.privateKey
    keys = JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), alg: 'RS256', use: 'sig', kid: 'first' }] })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const bound = server.address()
    if (bound === null || typeof bound === 'string') throw new TypeError('the server listens on no port')
    address = `http://localhost:${bound.port}/keys`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  /** Signs somebody in and asks for tokens with an assertion for this audience, under a key. */
  async function askWith(audience: string, metadata: object, key = privateKey) {
    const answer = await requestRegistration({ token_endpoint_auth_method: 'private_key_jwt', ...metadata })
    expect(answer.status, answer.text).toBe(201)
    const party = { id: textOf(answer, 'client_id'), secret: '', method: 'client_secret_basic' as const }
    const { params } = await authorize(visit(party, ada))
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: 'RS256', kid: 'first' })
      .setIssuer(party.id)
      .setSubject(party.id)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('1 minute')
      .sign(key)
    const form = {
      grant_type: 'authorization_code',
      code: params.get('code') ?? '',
      redirect_uri: callback,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    }
    const { pathname } = await endpoint('token_endpoint')
    return { party, ask: () => callPath('public', 'POST', pathname, { form }) }
  }

  it.each([
    ['oidcc-registration-jwks-uri: which it publishes', () => ({ jwks_uri: address })],
    ['oidcc-server: which it registered (private_key_jwt)', () => ({ jwks: JSON.parse(keys) })],
  ])('%s gets tokens, once for each proof', async (_, metadata) => {
    const { party, ask } = await askWith(issuer().href, metadata())
    const tokens = await ask()
    expect(tokens.status, tokens.text).toBe(200)
    expect((await verifyIdToken(textOf(tokens, 'id_token'), party)).payload.sub).toBe(ada.uid)
    const again = await ask()
    expect([again.status, errorOf(again)]).toEqual([401, 'invalid_client'])
  })

  it('oidcc-ensure-client-assertion-with-iss-aud-succeeds: made for the issuer; not for another, nor by another key', async () => {
    expect((await (await askWith(issuer().href, { jwks_uri: address })).ask()).status).toBe(200)
    const elsewhere = await (await askWith('https://evil.example', { jwks_uri: address })).ask()
    const { privateKey: foreign } = await generateKeyPair('RS256')
    const forged = await (await askWith(issuer().href, { jwks_uri: address }, foreign)).ask()
    for (const refused of [elsewhere, forged])
      expect([refused.status, errorOf(refused)]).toEqual([401, 'invalid_client'])
  })
})

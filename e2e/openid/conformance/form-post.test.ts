import { beforeAll, describe, expect, it } from 'vitest'
import { textOf } from '../../support/http.ts'
import { type Player, registerPlayer } from '../../support/people.ts'
import { Browser, issuer } from '../browser.ts'
import { callback } from '../clients.ts'
import { exchange, linkOf, register, type RelyingParty, request, verifyIdToken } from './relying-party.ts'

/*
 * oidcc-formpost-basic-certification-test-plan is the basic plan once more, with `response_mode=form_post`. What changes is
 * how the answer of the authorization endpoint comes, a good one and a bad one; the rest is seen there.
 */

let ada: Player
let party: RelyingParty

beforeAll(async () => {
  ada = await registerPlayer()
  party = await register()
})

describe('an answer that comes by a form', () => {
  it('oidcc-server: is sent on to the client with the code, by a page that does nothing else', async () => {
    const browser = new Browser()
    const sent = request(party, { response_mode: 'form_post' })
    const consent = await browser.signIn(await linkOf(sent), ada)
    const page = await browser.submit(consent, { answer: 'allow' })
    expect([page.answer.status, page.answer.headers.location, page.action]).toEqual([200, undefined, callback])
    expect(Object.keys(page.fields).toSorted()).toEqual(['code', 'iss', 'state'])
    expect(page.fields).toMatchObject({ state: sent['state'], iss: issuer().href })
    expect(page.answer.headers['cache-control']).toBe('no-store')
    expect(page.answer.headers['content-security-policy']).toMatch(/script-src 'sha256-[^;]+;.*frame-ancestors 'none'/)
    const tokens = await exchange(party, page.fields['code'] ?? null)
    const { payload } = await verifyIdToken(textOf(tokens, 'id_token'), party)
    expect([payload.sub, payload['nonce']]).toEqual([ada.uid, sent['nonce']])
  })

  it('oidcc-prompt-none-not-logged-in: so is what is wrong', async () => {
    const sent = request(party, { response_mode: 'form_post', prompt: 'none' })
    const page = await new Browser().go(await linkOf(sent))
    expect(page.action).toBe(callback)
    expect(page.fields).toMatchObject({ error: 'login_required', state: sent['state'] })
    expect(page.fields).not.toHaveProperty('code')
  })

  it('oidcc-ensure-registered-redirect-uri: and nothing is sent to a stranger', async () => {
    const sent = request(party, { response_mode: 'form_post', redirect_uri: 'https://evil.example/callback' })
    const page = await new Browser().go(await linkOf(sent))
    expect([page.answer.status, page.action]).toEqual([400, ''])
    expect(page.answer.text).not.toContain('evil.example')
  })
})

import { beforeAll, describe, expect, it } from 'vitest'
import { callPath } from '../support/http.ts'
import { Browser, issuer } from './browser.ts'
import { addClient, begin, connect } from './clients.ts'

let start: () => Promise<URL>
beforeAll(async () => {
  const config = await connect(await addClient({ first_party: true }))
  start = async () => (await begin(config)).url
})

const challengeIn = (text: string): string | undefined => /&#34;challenge&#34;:&#34;([\w-]{43})&#34;/.exec(text)?.[1]

describe('the page of a sign-in, with passkeys', () => {
  it('shows nothing of them to a browser without scripts', async () => {
    const { text } = (await new Browser().go(await start())).answer
    const [form = ''] = /<form id="passkey"[^>]*>/.exec(text) ?? []
    expect(form).toMatch(/ hidden>$/)
    expect(text).toMatch(/<button [^>]*value="sign-in-with-passkey" hidden>/)
    expect(form).toContain('&#34;rpId&#34;:&#34;localhost&#34;')
  })

  it.each(['', '{}', '[]', '{"id":"AAAA","rawId":"AAAA","type":"public-key","response":{}}'])(
    'is shown again, with another challenge, after the answer %j',
    async (credential) => {
      const browser = new Browser()
      const page = await browser.go(await start())
      const again = await browser.submit(page, { answer: 'sign-in-with-passkey', credential })
      expect(again.answer.status).toBe(401)
      expect(again.answer.text).toContain('This passkey was not accepted. You can try again.')
      expect(challengeIn(again.answer.text)).toEqual(expect.any(String))
      expect(challengeIn(again.answer.text)).not.toBe(challengeIn(page.answer.text))
    },
  )

  it('says so in Italian', async () => {
    const browser = new Browser({ 'accept-language': 'it' })
    const page = await browser.go(await start())
    expect(page.answer.text).toContain('>Accedi con una passkey</button>')
    const again = await browser.submit(page, { answer: 'sign-in-with-passkey' })
    expect(again.answer.text).toContain('Questa passkey non è stata accettata.')
  })
})

describe('the script of passkeys', () => {
  it('is kept by browsers for good, at a path that changes with it', async () => {
    const { text } = (await new Browser().go(await start())).answer
    const [, source = ''] = /<script src="([^"]+)" defer>/.exec(text) ?? []
    const { origin, pathname } = new URL(source)
    expect(origin).toBe(issuer().origin)
    const script = await callPath('public', 'GET', pathname)
    expect(script.status).toBe(200)
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    })
    expect((await callPath('public', 'POST', pathname)).status).toBe(405)
    expect((await callPath('public', 'GET', '/oidc/files/passkeys-AAAAAAAAAAAAAAAAAAAAAA.js')).status).toBe(404)
  })
})

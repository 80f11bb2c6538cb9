import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser, issuer } from '../openid/browser.ts'
import { addClient } from '../openid/clients.ts'
import { visit } from '../openid/visitor.ts'
import { freePort } from '../support/free-port.ts'
import { type Player, registerPlayer } from '../support/people.ts'
import { type Apache, startApache } from './apache.ts'

let ada: Player
let apache: Apache
let address: string

beforeAll(async () => {
  ada = await registerPlayer()
  const port = await freePort()
  address = `http://localhost:${port}`
  const { id, secret = '' } = await addClient({
    name: 'Wiki',
    first_party: true,
    redirect_uris: [`${address}/callback`],
    post_logout_redirect_uris: [`${address}/signed-out`],
  })
  apache = await startApache(port, {
    ISSUER: issuer().href,
    CLIENT_ID: id,
    CLIENT_SECRET: secret,
    ADDRESS: address,
    COOKIE_PASSPHRASE: randomBytes(16).toString('hex'),
  })
})

afterAll(() => apache.stop())

describe('a site behind Apache with mod_auth_openidc', () => {
  it('lets somebody in who has signed in here, knows who they are, and remembers them', async () => {
    const visitor = visit(address)
    const back = await new Browser().signIn(await visitor.sentTo('/'), ada)
    expect(await visitor.sentTo(back.url)).toBe(`${address}/`)
    for (const _time of ['first', 'second']) {
      const { status, headers, text } = await visitor.get('/')
      expect([status, text]).toEqual([200, 'inside'])
      expect(headers['x-remote-user']).toBe(ada.username)
      expect(headers['x-claims']).toBe(`${ada.uid} ${ada.email} ${issuer().href}`)
    }
  })

  it('takes nobody back whose state is not the one they were sent with', async () => {
    const visitor = visit(address)
    const back = new URL((await new Browser().signIn(await visitor.sentTo('/'), ada)).url)
    back.searchParams.set('state', 'guessed')
    const answer = await visitor.get(back)
    expect(answer.headers['x-remote-user'] ?? '').toBe('')
    expect(await visitor.sentTo('/')).toMatch(`${issuer().href}/auth?`)
  })

  it('signs somebody out of the site and here', async () => {
    const visitor = visit(address)
    const browser = new Browser()
    const back = await browser.signIn(await visitor.sentTo('/'), ada)
    await visitor.get(back.url)
    expect((await visitor.get('/')).status).toBe(200)
    const end = await visitor.sentTo('/callback?logout=')
    const question = await browser.go(end)
    expect(question.title).toBe('Sign out?')
    expect((await browser.submit(question, { logout: 'yes' })).url).toBe(`${address}/signed-out`)
    expect((await visitor.get('/signed-out')).text).toBe('outside')
    expect((await browser.go(await visitor.sentTo('/'))).title).toBe('Sign in to Wiki')
  })
})

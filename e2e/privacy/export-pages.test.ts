import { beforeAll, describe, expect, it } from 'vitest'
import { Browser, issuer } from '../openid/browser.ts'
import { call, objectOf } from '../support/http.ts'
import { buy, registerPlayer } from '../support/people.ts'
import { type Lives, liveALittle, markup } from './lives.ts'

const pageAt = (query = '') => `${issuer().href}/account/data${query}`
const parts = ['identity', 'wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const
const escaped = markup.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

describe('the page of somebody’s data', () => {
  let lives: Lives
  beforeAll(async () => {
    lives = await liveALittle()
  })

  it.each([
    ['en', 'Your data', ['Account and sign-in', 'Wallet', 'Gacha collection', 'Auctions', 'Enrollment', 'Pictures']],
    [
      'it',
      'I tuoi dati',
      ['Account e accesso', 'Portafoglio', 'Collezione di gacha', 'Aste', 'Iscrizioni', 'Immagini'],
    ],
  ])('leads to what each service holds, in %s', async (language, title, names) => {
    const browser = new Browser({ 'accept-language': language })
    const page = await browser.signIn(pageAt(), lives.ada)
    expect(page.title).toBe(title)
    for (const [index, part] of parts.entries()) {
      expect(page.answer.text).toContain(`<a href="/oidc/account/data?part=${part}">${names[index]}</a>`)
      expect((await browser.go(pageAt(`?part=${part}`))).title).toBe(names[index])
    }
  })

  it('shows names with markup as text, and nobody’s secrets or other people’s names', async () => {
    const { ada, bob, secrets } = lives
    const browser = new Browser()
    await browser.signIn(pageAt(), ada)
    const texts = []
    for (const part of parts) texts.push((await browser.go(pageAt(`?part=${part}`))).answer.text)
    for (const index of [0, 4, 5]) expect(texts[index]).toContain(`<dd>${escaped}</dd>`)
    expect(texts[2]).toContain('<dd>&#60;i&#62;7&#60;/i&#62;</dd>')
    expect(texts[1]).toContain('<dt>TUX frozen in bids</dt><dd>12</dd>')
    for (const text of texts) {
      expect(text).not.toMatch(/<b[ >]|<i>|<script/)
      for (const secret of [...secrets, bob.uid, bob.username, bob.email]) expect(text).not.toContain(secret)
      // Whatever is there has words of its own.
      expect(text).not.toMatch(/<dt>[a-z_]+<\/dt>|<h2>[a-z_]+<\/h2>/)
    }
  })

  it('downloads the same bundle as the door gives', async () => {
    const browser = new Browser()
    const page = await browser.signIn(pageAt(), lives.ada)
    const { answer } = await browser.submit(page, {})
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-disposition': expect.stringMatching(/^attachment; filename="sallyport-.*\.json"$/),
      'cache-control': 'no-store',
    })
    expect(answer.body).toMatchObject({
      account: lives.ada.uid,
      auction: { auctions: [{ id: lives.auctions.own }] },
      complete: true,
    })
    const { events }: Record<string, unknown> = Object(objectOf(answer.body)['identity'])
    expect(events).toContainEqual(expect.objectContaining({ kind: 'personal-data.exported', details: { way: 'page' } }))
  })

  it.each(['?part=nothing', '?part=wallet&after=x', '?part=wallet&after=holds.1', '?part=identity&after=events.-1'])(
    'goes back to its beginning from an address that was made up: %s',
    async (query) => {
      const browser = new Browser()
      await browser.signIn(pageAt(), lives.ada)
      expect((await browser.go(pageAt(query))).title).toBe('Your data')
    },
  )

  it('refuses a form that did not come from it', async () => {
    const browser = new Browser()
    const page = await browser.signIn(pageAt(), lives.ada)
    expect((await browser.submit(page, { csrf: 'made-up' })).answer.status).toBe(400)
  })

  it('says that enrollment does not know somebody who never had a role there', async () => {
    const browser = new Browser()
    await browser.signIn(pageAt(), await registerPlayer())
    expect((await browser.go(pageAt('?part=enrollment'))).answer.text).toContain('This service does not know you.')
  })
})

describe('somebody with much', () => {
  it('reads on from page to page, each record once', async () => {
    const ada = await registerPlayer()
    for (let time = 0; time < 60; time += 1) await buy(ada, 1)
    const browser = new Browser()
    await browser.signIn(pageAt(), ada)
    const found: string[] = []
    for (let next: string | undefined = '?part=wallet'; next !== undefined;) {
      const { text }: { text: string } = (await browser.go(pageAt(next))).answer
      found.push(...[...text.matchAll(/<dt>Id<\/dt><dd>([0-9a-f-]{36})<\/dd>/g)].map(([, id = '']) => id))
      next = /<a href="\/oidc\/account\/data(\?[^"]+)">Show more/.exec(text)?.[1]?.replaceAll('&amp;', '&')
    }
    expect(found).toHaveLength(61)
    expect(new Set(found).size).toBe(61)
  })

  it('downloads ten times an hour', async () => {
    const ada = await registerPlayer()
    const browser = new Browser()
    const page = await browser.signIn(pageAt(), ada)
    for (let time = 0; time < 10; time += 1) expect((await browser.submit(page, {})).answer.status).toBe(200)
    const { answer } = await browser.submit(page, {})
    expect(answer.status).toBe(429)
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(3000)
    expect(answer.text).toContain('role="alert"')
    // Other pages and sign-ins go on.
    expect((await call('public', 'GET', '/auth/userinfo', { token: ada.token })).status).toBe(200)
  })
})

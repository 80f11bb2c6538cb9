import { createServer } from 'node:http'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Player, registerPlayer } from '../../support/people.ts'
import { afterSignOut } from '../clients.ts'
import { discover, isSignedIn, linkOf, register, signIn, verifyIdToken, visit } from './relying-party.ts'

/* Modules of oidcc-backchannel-rp-initiated-logout-certification-test-plan. docs/openid-conformance.md lists them all. */

interface Told {
  readonly path: string
  readonly type: string | undefined
  readonly form: URLSearchParams
}

/** A client that is told of sign-outs: at `/slow` it does not answer, at `/moved` it sends elsewhere. */
const told: Told[] = []
const server = createServer((incoming, response) => {
  let text = ''
  incoming.on('data', (chunk: Buffer) => (text += chunk.toString()))
  incoming.on('end', () => {
    const path = incoming.url ?? ''
    told.push({ path, type: incoming.headers['content-type'], form: new URLSearchParams(text) })
    if (path === '/moved') response.writeHead(307, { location: '/elsewhere' })
    if (path !== '/slow') response.end()
  })
})

let ada: Player
let address: string

beforeAll(async () => {
  ada = await registerPlayer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new TypeError('the server listens on no port')
  address = `http://localhost:${bound.port}`
})
beforeEach(() => void told.splice(0))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const registerAt = (path: string, more: object = {}) =>
  register({
    post_logout_redirect_uris: [afterSignOut],
    backchannel_logout_uri: `${address}${path}`,
    backchannel_logout_session_required: true,
    ...more,
  })

describe('signing out is told to clients', () => {
  it('oidcc-backchannel-logout-discovery-endpoint-verification: discovery says so', async () => {
    expect(await discover()).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    })
  })

  it('oidcc-backchannel-rp-initiated-logout: by a logout token, before the browser is sent back', async () => {
    const party = await registerAt('/signed-out')
    const somebody = visit(party, ada)
    const { idToken, claims } = await signIn(somebody)
    const params = { id_token_hint: idToken, post_logout_redirect_uri: afterSignOut, state: 'home' }
    const asked = await somebody.browser.go(await linkOf(params, 'end_session_endpoint'))
    expect(told).toEqual([])
    expect((await somebody.browser.submit(asked, { logout: 'yes' })).url).toBe(`${afterSignOut}?state=home`)

    expect(told).toHaveLength(1)
    const [{ path, type, form }] = [told[0] ?? expect.fail('nobody was told')]
    expect([path, type, [...form.keys()]]).toEqual([
      '/signed-out',
      expect.stringMatching(/^application\/x-www-form-urlencoded\b/),
      ['logout_token'],
    ])
    const logoutToken = form.get('logout_token') ?? ''
    expect(decodeProtectedHeader(logoutToken)).toMatchObject({ alg: 'RS256', typ: 'logout+jwt' })
    const { payload } = await verifyIdToken(logoutToken, party)
    expect(payload).toMatchObject({
      sub: claims.sub,
      sid: claims['sid'],
      jti: expect.any(String),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    expect(payload['sid']).toEqual(expect.any(String))
    expect(payload).not.toHaveProperty('nonce')
    expect(await isSignedIn(somebody)).toBe(false)
  })

  it('oidcc-backchannel-rp-initiated-logout: to all that the person was signed in to, whatever the others do', async () => {
    const parties = await Promise.all(['/slow', '/moved', '/second'].map((path) => registerAt(path)))
    const [slow = expect.fail()] = parties
    const somebody = visit(slow, ada)
    for (const party of parties) await signIn({ ...somebody, party })
    const asked = await somebody.browser.go(await linkOf({}, 'end_session_endpoint'))
    // The slow one never answers.
    expect((await somebody.browser.submit(asked, { logout: 'yes' })).title).toBe('You are signed out')
    expect(new Set(told.map(({ path }) => path))).toEqual(new Set(['/slow', '/moved', '/second']))
    expect(await isSignedIn(somebody)).toBe(false)
  })
})

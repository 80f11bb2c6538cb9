import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Browser, type Send } from '../openid/browser.ts'
import { makeInstallation } from '../support/installation.ts'
import { objectOf } from '../support/http.ts'
import { type Program, startProgram } from '../support/program.ts'

const administrator = { username: 'admin', password: 'Front-Door-8180!' }
const callback = 'https://app.example/callback'
const usualAuthorities = getCACertificates('default')

let dataDirectory: string
let authorityFile: string
let program: Program
/** The public door, by the name the installation knows itself by. */
let site: string
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  authorityFile = join(dataDirectory, 'tls', 'authority.pem')
  program = await startProgram(dataDirectory, {
    SALLYPORT_ADMIN_PASSWORD: administrator.password,
    SALLYPORT_TLS_DEVELOPMENT: 'true',
    SALLYPORT_REDIRECT_PORT: '0',
    SALLYPORT_ACCOUNTS_HTTPS_ONLY: 'true',
  })
  site = `https://localhost:${new URL(program.addresses.public).port}`
  setDefaultCACertificates([...usualAuthorities, await readFile(authorityFile, 'utf8')])
})
afterAll(async () => {
  setDefaultCACertificates(usualAuthorities)
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

async function tokenOf({ username, password }: { username: string; password: string }): Promise<string> {
  const body = new URLSearchParams({ username, password })
  const reply: unknown = await (await fetch(`${site}/api/auth/token`, { method: 'POST', body })).json()
  return String(objectOf(reply)['access_token'])
}

async function registered() {
  const player = {
    username: `tls_${process.pid}`,
    email: `tls_${process.pid}@example.org`,
    password: 'Correct-Horse7!',
  }
  const reply = await fetch(`${site}/api/auth/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(player),
  })
  expect(reply.status).toBe(200)
  return player
}

const send: Send = async (method, url, { headers, form }) => {
  const reply = await fetch(url, {
    method,
    redirect: 'manual',
    headers: Object.entries(headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
    ...(form && { body: new URLSearchParams(form) }),
  })
  const text = await reply.text()
  const single = Object.fromEntries(reply.headers)
  return {
    status: reply.status,
    headers: { ...single, 'set-cookie': reply.headers.getSetCookie() },
    body: undefined,
    text,
  }
}

describe('an installation with an authority of its own', () => {
  it('says where the authority is, how to have it trusted, and what to try', async () => {
    expect(program.output()).toContain(`authority      ${authorityFile}`)
    expect(program.output()).toContain(`curl -s --cacert ${authorityFile} ${program.addresses.public}/api/`)
    expect(program.addresses.public).toMatch(/^https:/)
    const addresses: unknown = JSON.parse(await readFile(join(dataDirectory, 'addresses.json'), 'utf8'))
    expect(Object.keys(objectOf(addresses))).toEqual(['public', 'admin', 'redirect'])
  })

  it('C-94 is believed by who knows the authority, and by nobody else', async () => {
    for (const url of [site, program.addresses.public, program.addresses.admin]) {
      expect((await fetch(`${url}/health`)).status).toBe(200)
    }
    const { hostname: host, port } = new URL(program.addresses.public)
    const failure = await new Promise<Error>((resolve) =>
      connect({ host, port: Number(port), ca: usualAuthorities }).once('error', resolve),
    )
    expect(Reflect.get(failure, 'code')).toMatch(/CERT|ISSUER|VERIFY/)
  })

  it('A-7 lets to a surface for https alone who came over TLS', async () => {
    const logIn = await fetch(`${site}/authy/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(administrator),
    })
    expect(logIn.status).toBe(200)
  })

  it('C-85 C-86 brings who comes without TLS to the same place with it, and has browsers stay there', async () => {
    const redirect = /redirect +(\S+)/.exec(program.output())?.[1] ?? ''
    const reply = await fetch(`${redirect}/api/tux-management/tux-price?x=1`)
    expect([reply.redirected, reply.url, reply.status]).toEqual([true, `${site}/api/tux-management/tux-price?x=1`, 200])
    expect(reply.headers.get('strict-transport-security')).toBe('max-age=31556926; includeSubDomains')
  })

  it('C-92 signs somebody in with OpenID, with cookies for https alone', async () => {
    const player = await registered()
    const client: unknown = await (
      await fetch(`${program.addresses.admin}/v1/clients`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenOf(administrator)}` },
        body: JSON.stringify({ name: 'Orchard', redirect_uris: [callback], first_party: true }),
      })
    ).json()
    const { client_id: id, client_secret: secret } = objectOf(client)
    const config = await openid.discovery(
      new URL(`${site}/oidc`),
      String(id),
      {},
      openid.ClientSecretBasic(String(secret)),
    )
    const { issuer, ...metadata } = config.serverMetadata()
    expect(issuer).toBe(`${site}/oidc`)
    for (const [name, value] of Object.entries(metadata)) {
      if (/_(endpoint|uri)$/.test(name)) expect(value, name).toMatch(`${site}/`)
    }

    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()]
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid profile',
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    })
    const cookies: string[] = []
    const browser = new Browser({}, async (...asked) => {
      const answer = await send(...asked)
      cookies.push(...(answer.headers['set-cookie'] ?? []))
      return answer
    })
    const page = await browser.go(url)
    expect([page.title, page.answer.headers['x-frame-options']]).toEqual(['Sign in to Orchard', 'DENY'])
    expect(page.answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
    const { url: back } = await browser.submit(page, player)
    const checks = { pkceCodeVerifier, expectedState, expectedNonce }
    const tokens = await openid.authorizationCodeGrant(config, new URL(back), checks)
    const { sub = '' } = tokens.claims() ?? {}
    expect(tokens.claims()).toMatchObject({ iss: `${site}/oidc`, aud: id })
    expect(await openid.fetchUserInfo(config, tokens.access_token, sub)).toMatchObject({
      preferred_username: player.username,
    })
    expect(cookies.length).toBeGreaterThan(2)
    for (const cookie of cookies) expect(cookie).toMatch(/^__Secure-.*; secure; httponly/i)
  })

  it('passes on events as they come, and ends with a stream that is open', async () => {
    const player = { username: `tls_${process.pid}`, password: 'Correct-Horse7!' }
    const headers = { authorization: `Bearer ${await tokenOf(player)}` }
    const events = await fetch(`${site}/v1/auction/events`, { headers })
    const reader = events.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(Buffer.from(value ?? []).toString()).toContain('retry:')
    expect(await program.stop()).toBe(0)
    expect(program.output()).not.toContain('not everything has stopped in time')
    while (!(await reader?.read())?.done);
  })
})

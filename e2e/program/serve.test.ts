import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administratorPassword, type Parts, startParts, untilTold } from '../support/parts.ts'
import { launch } from '../support/program.ts'

let parts: Parts
let door: string
let adminDoor: string

beforeAll(async () => {
  parts = await startParts()
  ;({ door, adminDoor } = parts)
})

afterAll(async () => {
  await parts.stop()
})

const password = 'Correct-Horse7!'

async function register(username: string): Promise<string> {
  const reply = await fetch(`${door}/api/auth/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, email: `${username}@example.org`, password }),
  })
  expect(reply.status).toBe(200)
  return String(Reflect.get(Object(await reply.json()), 'uid'))
}

async function signIn(username: string, secret = password): Promise<string> {
  const body = new URLSearchParams({ username, password: secret })
  const reply = await fetch(`${door}/api/auth/token`, { method: 'POST', body })
  expect(reply.status).toBe(200)
  return String(Reflect.get(Object(await reply.json()), 'access_token'))
}

function bearer(token: string) {
  return { headers: { authorization: `Bearer ${token}` } }
}

/** Posts something that must succeed. */
async function send(url: string, token: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...bearer(token).headers }
  const reply = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(reply.status, url).toBeOneOf([200, 201])
  return reply.json()
}

/** Somebody with 50 TUX. */
async function player(username: string): Promise<{ uid: string; token: string }> {
  const uid = await register(username)
  const token = await signIn(username)
  await send(`${door}/api/tux-management/buy`, token, { user_id: uid, amount: 50 })
  return { uid, token }
}

function status(path: string, token: string, method = 'GET'): Promise<number> {
  return fetch(`${door}${path}`, { method, headers: { authorization: `Bearer ${token}` } }).then(
    (reply) => reply.status,
  )
}

/** Asks until the answer is the expected one. */
async function becomes(expected: number, ask: () => Promise<number>): Promise<void> {
  await expect.poll(ask).toBe(expected)
}

describe('parts that are processes of their own', () => {
  it('have their OpenID provider behind the door, under the address that people know', async () => {
    const form = new URLSearchParams({ username: 'admin', password: 'Front-Door-8180!' })
    const signedIn = await fetch(`${adminDoor}/admin/api/auth/token`, { method: 'POST', body: form })
    const admin = String(Reflect.get(Object(await signedIn.json()), 'access_token'))
    const redirect = 'https://app.example/callback'
    const client = await send(`${adminDoor}/v1/clients`, admin, { name: 'Orchard', redirect_uris: [redirect] })
    const { client_id: id, client_secret: secret } = { client_id: '', client_secret: '', ...Object(client) }

    const discovery = await fetch(`${door}/oidc/.well-known/openid-configuration`)
    expect(await discovery.json()).toMatchObject({
      issuer: 'http://sallyport.test/oidc',
      token_endpoint: 'http://sallyport.test/oidc/token',
    })
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret })
    expect((await fetch(`${door}/oidc/token`, { method: 'POST', body })).status).toBe(200)
    const query = new URLSearchParams({ client_id: id, redirect_uri: redirect, response_type: 'code', scope: 'openid' })
    const asked = await fetch(`${door}/oidc/auth?${query.toString()}`, { redirect: 'manual' })
    expect(asked.status).toBe(303)
    expect(asked.headers.get('location')).toMatch(/^\/oidc\/interaction\/[\w-]+$/)
  })

  it('carry the journey of a player', async () => {
    const uid = await register('ada')
    const token = await signIn('ada')
    const bought = await fetch(`${door}/api/tux-management/buy`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ user_id: uid, amount: 70 }),
    })
    expect(await bought.json()).toEqual({ detail: 'Successully bought 70.0 tux!' })
    expect(await status(`/api/distro/${uid}/gacha/roll`, token, 'POST')).toBe(200)
    expect(await status(`/api/distro/${uid}/gacha/collection`, token)).toBe(200)
    await becomes(200, () => fetch(`${adminDoor}/health/ready`).then((reply) => reply.status))
  })

  it('do not open their internal routes at the door', async () => {
    const token = await signIn('ada')
    expect(await status('/internal/identity/revocations?after=0', token)).toBe(404)
  })

  it('do not take a person’s token between services', async () => {
    const token = await signIn('ada')
    const direct = `${parts.urlOf('wallet')}/internal/wallet/players/6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11`
    const reply = await fetch(direct, { method: 'DELETE', headers: { authorization: `Bearer ${token}` } })
    expect(reply.status).toBe(401)
  })

  it('hear of a revocation everywhere', async () => {
    const uid = await register('grace')
    const token = await signIn('grace')
    const collection = () => status(`/api/distro/${uid}/gacha/collection`, token)
    const balances = () => status(`/api/tux-management/balances/${uid}`, token)
    expect([await collection(), await balances()]).toEqual([200, 200])
    expect(await status('/api/auth/logout', token, 'POST')).toBe(200)
    await becomes(401, collection)
    await becomes(401, balances)
  })

  it('are independent: without the wallet people register, and get their wallet when it is back', async () => {
    await parts.end('wallet', 'SIGKILL')
    const uid = await register('alan')
    const token = await signIn('alan')
    expect(await status(`/api/tux-management/balances/${uid}`, token)).toBe(503)
    expect(await status(`/api/distro/${uid}/gacha/collection`, token)).toBe(200)
    await becomes(503, () => fetch(`${adminDoor}/health/ready`).then((reply) => reply.status))
    await parts.serve('wallet')
    // Identity's job knocks again after six seconds.
    await expect.poll(() => status(`/api/tux-management/balances/${uid}`, token), { timeout: 60_000 }).toBe(200)
  })

  it('take bids and close auctions across processes, also when auction is killed before the end', async () => {
    const [seller, bidder] = [await player('seller'), await player('bidder')]
    const admin = await signIn('admin', administratorPassword)
    await send(`${adminDoor}/admin/api/distro/add/user/gacha`, admin, { uid: seller.uid, gacha_name: 'NixOS' })
    // There is time to bid on a slow machine too; the end comes when auction is back, or is on its way.
    const end_time = Math.floor(Date.now() / 1000) + 6
    const auction = await send(`${door}/api/auction/auctions`, seller.token, {
      player_id: seller.uid,
      gacha_name: 'NixOS',
      starting_price: 5,
      end_time,
    })
    const auction_id = String(Reflect.get(Object(auction), 'auction_id'))
    const bids = `${door}/api/auction/auctions/${auction_id}/bids`
    await send(bids, bidder.token, { auction_id, player_id: bidder.uid, bid: 20 })
    await parts.end('auction', 'SIGKILL')
    expect(await status('/api/auction/auctions', bidder.token)).toBe(503)
    await parts.serve('auction')
    const balances = () =>
      fetch(`${door}/api/tux-management/balances/${seller.uid}`, bearer(seller.token)).then((reply) => reply.json())
    await expect.poll(balances).toMatchObject({ tux_balance: 70 })
    // It is delivered once it is paid, a moment later.
    const won = () =>
      fetch(`${door}/api/distro/${bidder.uid}/gacha/collection`, bearer(bidder.token)).then((reply) => reply.json())
    await expect.poll(won).toMatchObject([{ name: 'NixOS', value: 1 }])
  })

  it('go on to know people while identity is away', async () => {
    const token = await signIn('ada')
    const uid = await fetch(`${door}/api/auth/userinfo`, { headers: { authorization: `Bearer ${token}` } })
      .then((reply) => reply.json())
      .then((account: unknown) => String(Reflect.get(Object(account), 'uid')))
    await parts.end('identity', 'SIGKILL')
    expect(await status(`/api/tux-management/balances/${uid}`, token)).toBe(200)
    expect(await status('/api/auth/userinfo', token)).toBe(503)
    await parts.serve('identity')
    await becomes(200, () => status('/api/auth/userinfo', token))
  })

  it('E-43 may be several of one: while one is away the others answer, and the gateway says who is missing', async () => {
    const { gacha = '' } = await parts.serve('gacha', { SALLYPORT_INSTANCE: '2', SALLYPORT_PORT: '0' })
    const doors = await parts.serve('gateway', {
      SALLYPORT_INSTANCE: '2',
      SALLYPORT_PORT: '0',
      SALLYPORT_URL_GACHA: `${parts.urlOf('gacha')},${gacha}`,
    })
    await Promise.all([gacha, doors['admin'] ?? ''].map(untilTold))
    const health = () => fetch(`${doors['admin']}/health/ready`).then((reply) => reply.json())
    const token = await signIn('ada')
    const gachas = () =>
      fetch(`${doors['public']}/api/distro/user/gacha/all`, bearer(token)).then((reply) => reply.status)
    await expect.poll(health).toMatchObject({ status: 'ready', parts: { gacha: 'ready' } })
    await parts.end('gacha', 'SIGKILL')
    for (let call = 0; call < 10; call += 1) expect(await gachas()).toBe(200)
    await expect.poll(health).toMatchObject({
      status: 'ready',
      parts: { gacha: 'degraded: gacha.1 not reached' },
      instances: { 'gacha.1': 'passed over', 'gacha.2': 'called', 'wallet.1': 'called' },
    })
    const metrics = await fetch(`${doors['admin']}/metrics`).then((reply) => reply.text())
    expect(metrics).toContain('sallyport_upstream_up{service="gacha",instance="gacha.1"} 0')
    expect(metrics).toContain('sallyport_upstream_up{service="gacha",instance="gacha.2"} 1')
    await parts.serve('gacha')
    await expect.poll(health).toMatchObject({ parts: { gacha: 'ready' } })
  })

  it('say which setting is missing', async () => {
    const { DATABASE_URL_WALLET: _, ...rest } = parts.environment('wallet')
    const alone = launch(['serve', 'wallet'], rest)
    expect(await alone.ended()).toBe(1)
    expect(alone.output()).toContain('DATABASE_URL_WALLET is needed')
  })
})

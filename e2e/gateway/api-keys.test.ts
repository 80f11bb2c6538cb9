import { beforeEach, describe, expect, it } from 'vitest'
import { type Answer, callPath, objectOf, textOf } from '../support/http.ts'
import { newToken, type Player, registerPlayer } from '../support/people.ts'
import { msUntilRefused } from '../support/places.ts'

let ada: Player
let token: string
beforeEach(async () => {
  ada = await registerPlayer()
  token = ada.token
})

const keysPath = '/v1/account/api-keys'
const ask = (method: 'GET' | 'POST' | 'DELETE', path: string, json?: object): Promise<Answer> =>
  callPath('public', method, path, { token, ...(json && { json }) })

async function newKey(details: object = {}): Promise<{ id: string; key: string }> {
  const answer = await ask('POST', keysPath, { name: 'script', scopes: ['wallet:read'], ...details })
  expect(answer.status, answer.text).toBe(201)
  return { id: textOf(answer, 'id'), key: textOf(answer, 'key') }
}
const withKey = (key: string, method: 'GET' | 'POST' = 'GET', path = '/v1/wallet/balances', json?: object) =>
  callPath('public', method, path, { headers: { 'X-API-Key': key }, ...(json && { json }) })

describe('an API key', () => {
  it('is good for its scopes, where a contract says so, and for nothing else', async () => {
    const { key } = await newKey()
    const balances = await withKey(key)
    expect(balances.status, balances.text).toBe(200)
    const refused = await withKey(key, 'GET', '/v1/gacha/collection')
    expect([refused.status, objectOf(refused.body)['detail']]).toEqual([403, 'this needs the scope gacha:read'])
    expect((await withKey(key, 'POST', '/v1/wallet/purchases', { amount: 5 })).status).toBe(403)
    // No key at all counts where none is taken: not for the market's routes, and not for the keys themselves.
    expect((await withKey(key, 'GET', keysPath)).status).toBe(401)
    expect((await withKey(key, 'GET', `/api/tux-management/balances/${ada.uid}`)).status).toBe(401)
  })

  it('does not go together with a token, nor with another key', async () => {
    const { key } = await newKey()
    const both = await callPath('public', 'GET', '/v1/wallet/balances', { token, headers: { 'x-api-key': key } })
    expect(both.status).toBe(400)
  })

  it('shows its owner how it begins, its uses, and never what it is', async () => {
    const { id, key } = await newKey({ days: 7 })
    await withKey(key)
    const { keys } = objectOf((await ask('GET', keysPath)).body)
    expect(keys).toMatchObject([{ id, name: 'script', prefixes: [key.slice(0, 6)] }])
    expect(JSON.stringify(keys)).not.toContain(key)
    await expect
      .poll(async () => objectOf((await ask('GET', keysPath)).body)['keys'], { interval: 500 })
      .toMatchObject([{ uses: 1, last_used_at: expect.any(String) }])
  })

  it('ends within a second of its removal', async () => {
    const { id, key } = await newKey()
    expect((await withKey(key)).status).toBe(200)
    expect((await ask('DELETE', `${keysPath}/${id}`)).status).toBe(204)
    await msUntilRefused('the door', async () => (await withKey(key)).status, 1000)
  })

  it('goes on beside the one that takes its place', async () => {
    const { id, key } = await newKey()
    const rotated = await ask('POST', `${keysPath}/${id}/rotation`, {})
    expect(rotated.status, rotated.text).toBe(201)
    for (const text of [key, textOf(rotated, 'key')]) expect((await withKey(text)).status).toBe(200)
  })

  it('outlives a sign-out, but not its account', async () => {
    const { key } = await newKey()
    expect((await withKey(key)).status).toBe(200)
    expect((await ask('POST', '/api/auth/logout')).status).toBe(200)
    expect((await withKey(key)).status).toBe(200)
    token = await newToken(ada)
    expect((await ask('DELETE', `/api/auth/accounts/${ada.uid}`)).status).toBe(200)
    await msUntilRefused('the door', async () => (await withKey(key)).status, 1000)
  })

  it('is refused from elsewhere than it may be used from', async () => {
    const { key } = await newKey({ allowed_addresses: ['203.0.113.0/24'] })
    expect((await withKey(key)).status).toBe(401)
  })

  it('cannot be made with a scope that is none, which is named', async () => {
    const refused = await ask('POST', keysPath, { name: 'x', scopes: ['impersonate'] })
    expect([refused.status, String(objectOf(refused.body)['detail'])]).toEqual([
      422,
      expect.stringContaining('scopes: there is no impersonate; there are auction:bid, auction:read, gacha:read'),
    ])
  })

  it('of somebody else cannot be seen, rotated or removed', async () => {
    const { id } = await newKey()
    token = (await registerPlayer()).token
    expect(objectOf((await ask('GET', keysPath)).body)['keys']).toEqual([])
    expect((await ask('POST', `${keysPath}/${id}/rotation`, {})).status).toBe(404)
    expect((await ask('DELETE', `${keysPath}/${id}`)).status).toBe(404)
  })
})

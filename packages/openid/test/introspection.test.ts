import { afterAll, beforeAll, expect, it } from 'vitest'
import { answer, authorization, browserOf, callback } from './browser.ts'
import { basic, confidential, issuer, startProvider } from './support.ts'

let op: Awaited<ReturnType<typeof startProvider>>
beforeAll(async () => (op = await startProvider([confidential('app', ['one'])])))
afterAll(() => op.stop())

const post = (target: string, form: Record<string, string>) => op.send({ target, form, headers: basic('app', 'one') })

it('tells of no token of a session that has ended elsewhere, though it is kept still', async () => {
  const agent = browserOf((request) => op.send(request))
  const resumed = await answer(agent, await agent.go(authorization()), { who: 'ada' })
  const code = new URL(String(resumed.headers['location']), issuer).searchParams.get('code') ?? ''
  const { json } = await post('/oidc/token', { grant_type: 'authorization_code', code, redirect_uri: callback })
  const tokens = [json['access_token'], json['refresh_token']].map(String)
  const isActive = async (token: string) => (await post('/oidc/token/introspection', { token })).json['active']
  for (const token of tokens) expect(await isActive(token)).toBe(true)
  op.endSessions()
  for (const token of tokens) expect(await isActive(token)).toBe(false)
})

it('tells a client of its own token, which belongs to no session', async () => {
  const { json } = await post('/oidc/token', { grant_type: 'client_credentials' })
  const { json: told } = await post('/oidc/token/introspection', { token: String(json['access_token']) })
  expect(told).toMatchObject({ active: true, client_id: 'app' })
})

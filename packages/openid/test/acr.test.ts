import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answer, authorization, browserOf, callback, claimsOf } from './browser.ts'
import { basic, confidential, issuer, startProvider } from './support.ts'

/*
 * The provider of these tests knows `low`, `middle` and `high`. Ada can prove `middle`, everybody else no more than `low`.
 */

let op: Awaited<ReturnType<typeof startProvider>>
beforeAll(async () => (op = await startProvider([confidential('app', ['one'])])))
afterAll(() => op.stop())

const essential = (values: readonly string[]) => JSON.stringify({ id_token: { acr: { essential: true, values } } })

/** Somebody's browser, signed in as well as it says. */
async function signedIn(who = 'ada', acr = 'low') {
  const agent = browserOf((request) => op.send(request))
  await answer(agent, await agent.go(authorization()), { who, acr })
  const ask = (params: Record<string, string>) => agent.go(authorization(params))
  return {
    ask,
    /** What is asked first, and where that leads when it is answered well enough for `acr`. */
    again: async (params: Record<string, string>, acr: string) => answer(agent, await ask(params), { who, acr }),
  }
}

const sentTo = ({ headers }: { headers: object }): URL => new URL(String(Reflect.get(headers, 'location')), issuer)
const isQuestion = (response: { headers: object }): boolean =>
  sentTo(response).pathname.startsWith('/oidc/interaction/')

/** What the ID token says that the client is given for what the browser brings back. */
async function idToken(response: { headers: object }): Promise<Record<string, unknown>> {
  const code = sentTo(response).searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: callback }
  const { json } = await op.send({ target: '/oidc/token', form, headers: basic('app', 'one') })
  return claimsOf(json['id_token'])
}

describe('how well somebody is known (acr)', () => {
  it('is offered by discovery, the weakest first', async () => {
    const { json } = await op.send({ target: '/oidc/.well-known/openid-configuration' })
    expect(json['acr_values_supported']).toEqual(['low', 'middle', 'high'])
  })

  it('is told to the page that asks, and said in the ID token with the methods', async () => {
    const agent = browserOf((request) => op.send(request))
    const question = await agent.go(authorization({ acr_values: 'middle high' }))
    expect((await agent.go(sentTo(question).pathname)).text).toContain('sign-in (middle,high)')
    const resumed = await answer(agent, question, { who: 'ada', acr: 'middle' })
    expect(await idToken(resumed)).toMatchObject({ acr: 'middle', amr: ['pwd'] })
  })

  it('is not asked for again when it is enough, or more', async () => {
    const { ask } = await signedIn('ada', 'high')
    for (const values of ['middle', 'high low', 'unheard-of high'])
      expect(isQuestion(await ask({ acr_values: values })), values).toBe(false)
    expect(isQuestion(await ask({ claims: essential(['middle']) }))).toBe(false)
  })

  it('is stated as what was asked for when more was proven', async () => {
    const { ask } = await signedIn('ada', 'high')
    expect(await idToken(await ask({ claims: essential(['middle']) }))).toMatchObject({ acr: 'middle' })
    expect(await idToken(await ask({ acr_values: 'low high' }))).toMatchObject({ acr: 'high' })
    expect(await idToken(await ask({}))).toMatchObject({ acr: 'high' })
  })
})

describe('a client that would like more (acr_values)', () => {
  it('has somebody sign in again who can prove it', async () => {
    const { again } = await signedIn()
    expect(await idToken(await again({ acr_values: 'middle' }, 'middle'))).toMatchObject({ acr: 'middle' })
  })

  it('gets what there is when the better sign-in does not come', async () => {
    const { again } = await signedIn()
    expect(await idToken(await again({ acr_values: 'middle' }, 'low'))).toMatchObject({ acr: 'low' })
  })

  it('does not bother whoever cannot prove it, or cannot be asked', async () => {
    const bob = await signedIn('bob')
    expect(isQuestion(await bob.ask({ acr_values: 'middle' }))).toBe(false)
    expect(isQuestion(await (await signedIn()).ask({ acr_values: 'unheard-of' }))).toBe(false)
    const silent = await (await signedIn()).ask({ acr_values: 'middle', prompt: 'none' })
    expect(sentTo(silent).searchParams.get('error')).toBe('login_required')
  })
})

describe('a client that insists (essential acr)', () => {
  it('has somebody sign in again, whoever they are', async () => {
    const { again } = await signedIn('bob')
    expect(await idToken(await again({ claims: essential(['middle']) }, 'middle'))).toMatchObject({ acr: 'middle' })
  })

  it.each([
    ['a list', essential(['middle'])],
    ['one value', JSON.stringify({ id_token: { acr: { essential: true, value: 'middle' } } })],
  ])('hears that it could not be: %s', async (_, claims) => {
    const { again } = await signedIn('bob')
    const { searchParams } = sentTo(await again({ claims }, 'low'))
    expect(searchParams.get('error')).toBe('unmet_authentication_requirements')
  })

  it('hears so at once of what there is not', async () => {
    const { ask } = await signedIn()
    const { searchParams } = sentTo(await ask({ claims: essential(['unheard-of']) }))
    expect(searchParams.get('error')).toBe('unmet_authentication_requirements')
  })

  it('is not overruled by what it would like as well', async () => {
    const { again } = await signedIn('bob')
    const both = { claims: essential(['middle']), acr_values: 'low' }
    expect(sentTo(await again(both, 'low')).searchParams.get('error')).toBe('unmet_authentication_requirements')
  })
})

describe('other reasons to sign in again', () => {
  it('stay what they are', async () => {
    const { ask, again } = await signedIn('ada', 'middle')
    const wanted = { acr_values: 'middle' }
    expect(isQuestion(await ask({ ...wanted, prompt: 'login' }))).toBe(true)
    expect(isQuestion(await ask({ ...wanted, max_age: '0' }))).toBe(true)
    expect(await idToken(await again({ ...wanted, prompt: 'login' }, 'low'))).toMatchObject({ acr: 'low' })
  })
})

it('nothing went wrong unseen', () => expect(op.errors).toEqual([]))

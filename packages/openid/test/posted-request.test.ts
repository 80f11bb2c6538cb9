import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { confidential, issuer, startProvider } from './support.ts'

let op: Awaited<ReturnType<typeof startProvider>>

beforeAll(async () => void (op = await startProvider([confidential('app', ['one'])])))
afterAll(() => op.stop())

const params = { client_id: 'app', redirect_uri: 'https://app.test/callback', response_type: 'code', scope: 'openid' }

describe('a request that comes by a form', () => {
  it.each(['/auth', '/session/end'])(
    'is made again by a link, to the same place and nowhere else: %s',
    async (path) => {
      const answer = await op.send({
        target: `/oidc${path}?client_id=other`,
        form: { ...params, state: 'a&b=c#d é' },
        headers: { host: 'evil.test' },
      })
      const location = new URL(String(answer.headers['location']))
      expect([answer.status, answer.text, answer.headers['set-cookie']]).toEqual([303, '', undefined])
      expect(location.href.split('?', 1)[0]).toBe(`${issuer}${path}`)
      expect(Object.fromEntries(location.searchParams)).toEqual({ ...params, state: 'a&b=c#d é' })
    },
  )

  it('is judged as the link is: what is said twice is refused', async () => {
    const body = `${new URLSearchParams(params).toString()}&client_id=app`
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const posted = await op.send({ method: 'POST', target: '/oidc/auth', json: body, headers })
    const { pathname, search } = new URL(String(posted.headers['location']))
    expect((await op.send({ target: pathname + search })).status).toBe(400)
  })

  it.each([
    ['too long for an address', { form: { ...params, state: 'x'.repeat(8192) } }],
    ['too long to be read', { form: { ...params, state: 'x'.repeat(20_000) } }],
    ['no form', { json: JSON.stringify(params), headers: { 'content-type': 'application/json' } }],
  ])('is refused when it is %s', async (_, request) => {
    const answer = await op.send({ target: '/oidc/auth', ...request })
    expect([answer.status, answer.headers['location'], answer.text]).toEqual([400, undefined, 'invalid_request'])
  })
})

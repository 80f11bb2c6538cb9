import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { call, expectHarmless } from '../support/http.ts'
import { type Player, registerPlayer, signIn } from '../support/people.ts'

let ada: Player

beforeAll(async () => {
  ada = await registerPlayer()
})

afterEach(async () => {
  expect((await signIn(ada)).status).toBe(200)
})

describe('hostile forms', () => {
  const token = (rawBody: string | Uint8Array, contentType: string) =>
    call('public', 'POST', '/auth/token', { rawBody, contentType })
  const urlencoded = (body: string) => token(body, 'application/x-www-form-urlencoded')
  const part = (name: string, value: string) =>
    `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`

  it('§4 of a multipart type with a wrong, an empty or no boundary are 422', async () => {
    const body = `${part('username', ada.username)}${part('password', ada.password)}--x--\r\n`
    for (const type of [
      'multipart/form-data',
      'multipart/form-data; boundary=',
      'multipart/form-data; boundary=y',
      `multipart/form-data; boundary=${'x'.repeat(5000)}`,
      'multipart/form-data; boundary="',
      'multipart/mixed; boundary=x',
    ]) {
      const answer = await token(body, type)
      expectHarmless(answer, type)
      expect(answer.status, type).toBe(422)
    }
    expect((await token(body, 'multipart/form-data; boundary=x')).status).toBe(200)
  })

  it('§4 that are cut, empty or garbled are 422', async () => {
    const good = `${part('username', ada.username)}${part('password', ada.password)}--x--\r\n`
    for (const body of [
      '',
      '--x',
      '--x--',
      good.slice(0, 60),
      '--x\r\n\r\nvalue\r\n--x--\r\n',
      `--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n`,
      `--x\r\n${'A: b\r\n'.repeat(5000)}\r\na\r\n--x--\r\n`,
      '\u0000'.repeat(1000),
    ]) {
      const answer = await token(body, 'multipart/form-data; boundary=x')
      expectHarmless(answer, body.slice(0, 60))
      expect(answer.status).toBe(422)
    }
  })

  it('with thousands of fields or parts do no harm', async () => {
    const credentials = `username=${ada.username}&password=${encodeURIComponent(ada.password)}`
    const fields = Array.from({ length: 50_000 }, (_, index) => `f${index}=1`).join('&')
    for (const body of [
      `${fields}&${credentials}`,
      `${credentials}&${fields}`,
      '&'.repeat(100_000),
      'a[]=1&'.repeat(50_000),
    ]) {
      expectHarmless(await urlencoded(body))
    }
    const parts = Array.from({ length: 10_000 }, (_, index) => part(`f${index}`, '1')).join('')
    expectHarmless(await token(`${parts}--x--\r\n`, 'multipart/form-data; boundary=x'))
    const file = '--x\r\nContent-Disposition: form-data; name="username"; filename="../../etc/passwd"\r\n\r\nada\r\n'
    expectHarmless(await token(`${file}${part('password', 'x')}--x--\r\n`, 'multipart/form-data; boundary=x'))
  })

  it('with strange names and values do no harm', async () => {
    const values = ["' OR '1'='1", 'a\u0000b', '\ud800', '%', '${7*7}', '{{7*7}}', '../../etc/passwd', '\r\nX-Evil: 1']
    for (const value of values) {
      const answer = await signIn({ username: value, password: value })
      expectHarmless(answer, value)
      expect([401, 422]).toContain(answer.status)
      expect(answer.headers['x-evil']).toBeUndefined()
    }
    for (const body of [
      'username=%zz&password=%',
      'username=%ff%fe&password=%00',
      '__proto__=1&username=a&password=b',
      '=&=',
    ]) {
      expectHarmless(await urlencoded(body), body)
    }
    for (const scope of ['openid\r\nx', ' '.repeat(100_000), 'openid '.repeat(50_000)]) {
      expectHarmless(await signIn(ada, { scope, client_id: `${'a'.repeat(5000)}\u0000` }))
    }
  })

  it('with a name twice are read one way only', async () => {
    const bob = await registerPlayer()
    const answer = await urlencoded(
      `username=${ada.username}&username=${bob.username}&password=${encodeURIComponent('Wr0ng-Granite!')}`,
    )
    expectHarmless(answer)
    expect([401, 422]).toContain(answer.status)
  })
})

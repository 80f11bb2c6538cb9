import { expect, it } from 'vitest'
import { rawConnection, statusesIn } from '../doors.ts'
import { inBothModes } from './harness.ts'

inBothModes('a bearer token comes', (house) => {
  const paths = ['/desk/me', '/stall/me']
  const statuses = async (headers: Readonly<Record<string, string>>): Promise<number[]> =>
    Promise.all(paths.map(async (path) => (await house.get(path, headers)).status))

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer  '])(
    'in the header Authorization, under the scheme %s (RFC 6750 §2.1, RFC 9110 §11.1)',
    async (scheme) => {
      expect(await statuses({ authorization: `${scheme} ${house.token()}` })).toEqual([200, 200])
    },
  )

  it.each(['Basic', 'Token', 'Bear', 'Bearer:', 'DPoP', 'JWT', '"Bearer"', ''])(
    'under no other scheme: %s',
    async (scheme) => {
      expect(await statuses({ authorization: `${scheme} ${house.token()}` })).toEqual([401, 401])
    },
  )

  it.each([
    ['with something before it', (token: string) => `x Bearer ${token}`],
    ['with another one behind it', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['in quotes', (token: string) => `Bearer "${token}"`],
    ['with parameters', (token: string) => `Bearer token="${token}"`],
    ['alone', (token: string) => token],
    ['without a space', (token: string) => `Bearer${token}`],
    ['behind a tabulator', (token: string) => `Bearer\t${token}`],
  ])('and does not count %s', async (_, write) => {
    expect(await statuses({ authorization: write(house.token()) })).toEqual([401, 401])
  })

  it('nowhere else: not in the query, a cookie, a body, or another header', async () => {
    const token = house.token()
    for (const name of ['access_token', 'token', 'authorization', 'jwt']) {
      for (const path of paths) expect((await house.get(`${path}?${name}=${token}`)).status).toBe(401)
      expect(await statuses({ cookie: `${name}=${token}` })).toEqual([401, 401])
      expect(await statuses({ [`x-${name}`]: `Bearer ${token}` })).toEqual([401, 401])
    }
    for (const name of ['x-access-token', 'x-authorization', 'proxy-authorization', 'x-forwarded-authorization']) {
      expect(await statuses({ [name]: `Bearer ${token}` })).toEqual([401, 401])
    }
    const body = `access_token=${token}`
    const text = [
      'GET /desk/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded',
      `Content-Length: ${body.length}\r\n\r\n${body}`,
    ]
    const connection = await rawConnection(house.door)
    connection.socket.write(text.join('\r\n'))
    expect(statusesIn((await connection.closed()).text)).toEqual([401])
  })

  it('once: of two nobody could tell which counts', async () => {
    const [good, bad] = [`Bearer ${house.token()}`, 'Bearer bad']
    for (const pair of [
      [good, bad],
      [bad, good],
      [good, good],
    ]) {
      for (const path of paths) {
        house.arrivals.splice(0)
        const connection = await rawConnection(house.door)
        const headers = pair.map((value, index) => `${index === 0 ? 'Authorization' : 'AUTHORIZATION'}: ${value}`)
        connection.socket.write(
          [`GET ${path} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers, '', ''].join('\r\n'),
        )
        expect(statusesIn((await connection.closed()).text)).toEqual([400])
        expect(house.arrivals).toEqual([])
      }
    }
  })

  it('and its absence is told from one that does not count (RFC 6750 §3)', async () => {
    const missing = await house.get('/desk/me')
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    const invalid = await house.get('/desk/me', { authorization: 'Bearer bad' })
    expect([invalid.status, invalid.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"'])
  })
})

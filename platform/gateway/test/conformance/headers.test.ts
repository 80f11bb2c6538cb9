import { beforeEach, expect, it } from 'vitest'
import { rawConnection, sendRaw, statusesIn } from '../doors.ts'
import { inBothModes, issuerName } from './harness.ts'

const host = new URL(issuerName).host

inBothModes('the headers of a request (design §3)', (house, mode) => {
  beforeEach(() => void house.arrivals.splice(0))

  /** Sends these lines as they are, and tells what came of them. */
  async function ask(...lines: readonly string[]) {
    const text = ['GET /raw/x HTTP/1.1', 'Host: a', ...lines, 'Connection: close', '', ''].join('\r\n')
    const statuses = statusesIn(await sendRaw(house.door, text))
    return { statuses, arrival: house.arrivals[0] }
  }

  it.each([
    'X-User',
    'x-roles',
    'X-Forwarded-For',
    'X-FORWARDED-HOST',
    'x-forwarded-proto',
    'X-Forwarded-Port',
    'X-Forwarded-Prefix',
    'X-Forwarded-Whatever',
    'Forwarded',
    'X-Real-IP',
    'X-Request-Id',
    'X-Api-Key',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Keep-Alive',
    'TE',
    'Upgrade',
    'HTTP2-Settings',
  ])('do not bring along %s, in any case and however often it comes', async (name) => {
    for (const spelled of [name, name.toLowerCase(), name.toUpperCase()]) {
      house.arrivals.splice(0)
      const twice = name === 'X-Api-Key' ? [] : [`${name.toLowerCase()}: forged again`]
      const { statuses, arrival } = await ask(`${spelled}: forged`, ...twice)
      expect(statuses).toEqual([201])
      expect(JSON.stringify([arrival?.headers, arrival?.rawHeaders])).not.toContain('forged')
    }
  })

  it('name the host of the installation, the client as it came, and the request', async () => {
    const { arrival } = await ask('X-Forwarded-For: 8.8.8.8', 'X-Forwarded-Proto: https')
    const named = arrival?.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()) ?? []
    for (const name of ['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-request-id']) {
      expect(named.filter((one) => one === name)).toEqual([name])
    }
    expect(arrival?.headers).toMatchObject({ host, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
    expect(arrival?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('go through as they came when they are nobody’s business here', async () => {
    const { arrival } = await ask('X-Mine: one', 'x-mine: two', 'Cookie: a=b', 'X-Empty:', 'X-Latin: caf\u00e9')
    expect(arrival?.headers).toMatchObject({
      'x-mine': 'one, two',
      cookie: 'a=b',
      'x-empty': '',
      'x-latin': 'caf\u00e9',
    })
  })

  it.each([
    'X-Secret',
    'x-secret',
    'close, X-SECRET',
    ' x-secret ,',
    'upgrade,x-secret',
    'x-other\r\nConnection: x-secret',
  ])('that Connection names stay behind: %j', async (connection) => {
    const { arrival } = await ask(`Connection: ${connection}`, 'X-Secret: 1', 'X-Third: 3')
    expect(arrival?.headers['x-secret']).toBeUndefined()
    expect(arrival?.headers['x-third']).toBe('3')
  })

  it('that Connection names do not include what the door says or what it decides by', async () => {
    const named = 'host, x-request-id, x-forwarded-for, x-forwarded-proto, content-length'
    const { arrival } = await ask(`Connection: ${named}`, 'X-Forwarded-For: 8.8.8.8')
    expect(arrival?.headers).toMatchObject({ host, 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' })
    // A credential that stays behind is none: nobody is let in by the door who is nobody to the service.
    const authorization = `Authorization: Bearer ${house.token()}`
    const text = (path: string) =>
      [`GET ${path} HTTP/1.1`, 'Host: a', authorization, 'Connection: close, authorization', '', ''].join('\r\n')
    for (const path of ['/desk/me', '/stall/me']) {
      expect(statusesIn(await sendRaw(house.door, text(path)))).toEqual([401])
    }
  })

  it('with an underscore are not taken for those with a dash', async () => {
    const { arrival } = await ask('X_User: root', 'X_Forwarded_For: 8.8.8.8', 'x_roles: admin', 'Content_Length: 5')
    expect(arrival?.headers['x-user']).toBeUndefined()
    expect(arrival?.headers['x-roles']).toBeUndefined()
    expect(arrival?.headers['x-forwarded-for']).toBe('127.0.0.1')
  })

  it.each([
    ['a folded line', 'X-Folded: a\r\n b'],
    ['a folded identity', 'X-Mine: a\r\n\tX-User: root'],
    ['a zero byte', 'X-Zero: a\u0000b'],
    ['a bare carriage return', 'X-Bare: a\rX-User: root'],
    ['a bare line feed before a name', 'X-Bare: a\n X-User: root'],
    ['a name with a space', 'X User: root'],
    ['a space before the colon', 'X-User : root'],
    ['a name that is empty', ': root'],
    ['a name with a letter that is none', 'X-Us\u00e9r: root'],
    ['a control character', 'X-Bell: a\u0007'],
  ])('are refused whole with %s', async (_, line) => {
    const { statuses, arrival } = await ask(line)
    expect([statuses, arrival]).toEqual([[400], undefined])
  })

  it('are refused beyond 16 KiB and beyond a hundred, and taken up to there', async () => {
    expect((await ask(`X-Long: ${'a'.repeat(15 * 1024)}`)).statuses).toEqual([201])
    expect((await ask(`X-Long: ${'a'.repeat(16 * 1024)}`)).statuses).toEqual([431])
    expect((await ask(...Array.from({ length: 98 }, (_, n) => `X-${n}: a`))).statuses).toEqual([201])
    expect((await ask(...Array.from({ length: 99 }, (_, n) => `X-${n}: a`))).statuses).toEqual([431])
  })

  it('of an answer that concern one connection stay there', async () => {
    const connection = await rawConnection(house.door)
    connection.socket.write('GET /raw/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const { text } = await connection.closed()
    expect(text).toMatch(/^x-from: service\r$/im)
    if (mode === 'over HTTP') expect(text.split('\r\n\r\n')[0]).not.toMatch(/keep-alive/i)
  })
})

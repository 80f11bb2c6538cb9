import { describe, expect, it } from 'vitest'
import { openDoors, sendRaw, statusesIn, witness } from '../doors.ts'
import { asking, contract, door, requests, talk, upgrades, upgrading, useChat } from './chat.ts'

useChat()

describe('an upgrade that nobody declared', () => {
  it.each([
    ['a WebSocket on a route of HTTP', '/ordinary', upgrading],
    ['HTTP/2', '/ordinary', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ']],
    [
      'HTTP/2 where there is a WebSocket',
      '/chat/x',
      ['Connection: Upgrade', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
    ],
    ['several, one of them declared', '/chat/x', ['Connection: Upgrade', 'Upgrade: h2c, websocket']],
    ['TLS', '/chat/x', ['Connection: Upgrade', 'Upgrade: TLS/1.0']],
    ['a WebSocket with a body', '/chat/x', [...upgrading, 'Content-Length: 4']],
    ['a WebSocket that does not say so to the connection', '/chat/x', ['Upgrade: websocket']],
  ])('is answered as if it had not asked: %s', async (_, path, headers) => {
    const body = headers.includes('Content-Length: 4') ? 'body' : ''
    const text = await sendRaw(door, asking(path, ...headers, 'Connection: close') + body)
    expect(statusesIn(text)[0]).toBe(200)
    expect(upgrades).toEqual([])
    const names = Object.keys(requests[0]?.headers ?? {})
    expect(names.filter((name) => /upgrade|http2/.test(name))).toEqual([])
  })

  it('is not granted to a request behind another, whose answer is owed', async () => {
    const text = await sendRaw(
      door,
      asking('/ordinary') + asking('/chat/x', ...upgrading).replace('Upgrade\r\n', 'Upgrade, close\r\n'),
    )
    expect(statusesIn(text)).toEqual([200, 200])
    expect(upgrades).toEqual([])
  })

  it('is not granted for a service of the same process, which has no way to agree', async () => {
    const { dispatcher, seen } = witness()
    const inside = await openDoors(dispatcher, { contracts: [contract] })
    expect(await talk('/chat/x', {}, inside.addresses.public)).toBe(503)
    expect(seen).toEqual([])
  })
})

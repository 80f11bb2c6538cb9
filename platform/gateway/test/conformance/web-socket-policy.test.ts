import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { publicHost } from '../support.ts'
import { watch } from '../doors.ts'
import {
  asking,
  closed,
  doors,
  echoOf,
  good,
  limits,
  opened,
  sockets,
  talk,
  upgrades,
  upgrading,
  useChat,
} from './chat.ts'

useChat()

describe('the policy of the door', () => {
  it('refuses strangers where it decides', async () => {
    good.add('Bearer ada')
    expect(await talk('/guarded/chat')).toBe(401)
    expect(await talk('/guarded/chat', { headers: { authorization: 'Bearer eve' } })).toBe(401)
    expect(upgrades).toEqual([])
    await opened('/guarded/chat', { headers: { authorization: 'Bearer ada' } })
  })

  it('refuses pages of others, which would act for whoever looks at them', async () => {
    for (const origin of [
      'https://evil.test',
      'null',
      `https://${publicHost}.evil.test`,
      // The same host over plain HTTP is anybody's who is on the way.
      `http://${publicHost}`,
      `https://${publicHost}:8443`,
      `https://${publicHost}, https://evil.test`,
      `https://${publicHost}/`,
    ]) {
      expect(await talk('/chat/x', { origin })).toBe(403)
    }
    expect(upgrades).toEqual([])
    await opened('/chat/x', { origin: `https://${publicHost}` })
  })

  it('ends a connection whose token counts no more', async () => {
    good.add('Bearer bob')
    const headers = { authorization: 'Bearer bob' }
    const both = [await opened('/guarded/chat', { headers }), await opened('/live/x', { headers })]
    const other = await opened('/chat/x')
    good.delete('Bearer bob')
    expect(await Promise.all(both.map(closed))).toEqual([1006, 1006])
    expect((await echoOf(other, 'still here')).toString()).toBe('still here')
  })

  it('lets in no more than there may be, and others when some have left', async () => {
    const three = await Promise.all([opened('/chat/a'), opened('/chat/b'), opened('/live/c')])
    expect(await talk('/chat/d')).toBe(503)
    three[0]?.terminate()
    await expect.poll(async () => typeof (await talk('/chat/d'))).toBe('object')
  })

  it('gives places only to those who may go in, however long the others stay to hear that they may not', async () => {
    for (const path of ['/guarded/chat', '/chat/full']) {
      const { addresses } = await doors({ tunnels: { ...limits, most: 1 } })
      const { hostname: host, port } = new URL(addresses.public)
      // Stays although it has heard the end.
      const refused = watch(connect({ host, port: Number(port), allowHalfOpen: true }))
      refused.socket.write(asking(path, ...upgrading))
      await refused.until(/HTTP\/1\.1 40[13]/)
      expect(await talk('/chat/a', {}, addresses.public)).toBeTypeOf('object')
      refused.socket.destroy()
    }
  })

  it('gives each caller no more than a few: each account, or each network of strangers', async () => {
    const own = await doors({ tunnels: { ...limits, most: 9, mostPerCaller: 2 }, trustedProxies: ['127.0.0.1'] })
    const from = async (address: string, path = '/chat/x', authorization?: string) => {
      const headers = { 'x-forwarded-for': address, ...(authorization !== undefined && { authorization }) }
      const client = await talk(path, { headers }, own.addresses.public)
      return typeof client === 'number' ? client : 101
    }
    expect([await from('2001:db8::1'), await from('2001:db8::2')]).toEqual([101, 101])
    expect([await from('2001:db8::3'), await from('2001:db8:0:1::3')]).toEqual([429, 101])
    // What the service refuses leaves the place to others.
    for (let n = 0; n < 4; n += 1) expect(await from('2001:db8:0:1::3', '/chat/full')).toBe(403)
    good.add('Bearer ada')
    expect(await from('2001:db8::3', '/guarded/chat', 'Bearer ada')).toBe(101)
  })

  it('closes a connection through which nothing goes, and keeps one through which something does', async () => {
    const { addresses } = await doors({ tunnels: { ...limits, idleTimeoutMs: 1000 } })
    const [silent, busy] = [
      await opened('/chat/a', {}, addresses.public),
      await opened('/chat/b', {}, addresses.public),
    ]
    const timer = setInterval(() => busy.ping(), 50)
    await closed(silent)
    await sleep(100)
    expect(busy.readyState).toBe(WebSocket.OPEN)
    clearInterval(timer)
    await expect.poll(() => sockets.clients.size).toBe(0)
  })
})

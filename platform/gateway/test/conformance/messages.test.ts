import { describe, expect, it } from 'vitest'
import { openDoors } from '../doors.ts'
import { echo, moments, parseEcho } from './echo.ts'
import { modes, wayTo } from './ways.ts'

describe.each(modes)('a request to a service %s', async (mode) => {
  const { dispatcher } = await wayTo(mode, echo)
  const doors = (await openDoors(dispatcher)).addresses

  it('arrives whole, and its answer comes back whole', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/a%20b?x=1&y=%2F`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer x', 'x-mine': 'yes' },
      body: '{"pieces": 3}',
    })
    expect(reply.status).toBe(201)
    expect(reply.headers.get('x-from')).toBe('service')
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    const seen = parseEcho(await reply.text())
    expect(seen).toMatchObject({ method: 'POST', url: '/api/shop/things/a%20b?x=1&y=%2F', body: '{"pieces": 3}' })
    expect(seen.headers).toMatchObject({
      host: 'sallyport.test',
      authorization: 'Bearer x',
      'content-type': 'application/json',
      'x-mine': 'yes',
      'x-forwarded-for': '127.0.0.1',
      'x-request-id': reply.headers.get('x-request-id'),
    })
  })

  it('is not answered by what comes before the answer', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/hints`)
    expect([reply.status, parseEcho(await reply.text()).body]).toEqual([201, ''])
  })

  it('is cut off with its answer: half of it does not look like the whole', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/half`)
    await expect(reply.text()).rejects.toThrow()
  })

  it('sees the beginning of an answer that takes its time', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/slowly`)
    expect(reply.status).toBe(200)
    moments.slowly.resolve(undefined)
    expect(await reply.text()).toBe('at last')
    moments.slowly = Promise.withResolvers()
  })

  it('to a mount may ask for the head of an answer alone', async () => {
    const reply = await fetch(`${doors.public}/protocol/x`, { method: 'HEAD' })
    expect([reply.status, reply.headers.get('x-from'), await reply.text()]).toEqual([201, 'service', ''])
  })

  it('ends when its client leaves', async () => {
    moments.arrived = Promise.withResolvers()
    moments.left = Promise.withResolvers()
    const leaving = new AbortController()
    const reply = fetch(`${doors.public}/api/shop/things/patience`, { signal: leaving.signal })
    const left = expect(reply).rejects.toThrow()
    await moments.arrived.promise
    leaving.abort()
    await left
    await moments.left.promise
  })

  it('gets a large answer whole', async () => {
    const reply = await fetch(`${doors.public}/api/shop/things/large`)
    expect((await reply.text()).length).toBe(64 * 64 * 1024)
  })

  it('to a mount is passed on whole, whatever its method, but cleaned', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const reply = await fetch(`${doors.public}/protocol/a/b%2Fc?x=1`, {
        method,
        headers: { 'content-type': 'text/strange', authorization: 'Basic Zm9v', 'x-user': 'root', host: 'evil.test' },
        ...(method !== 'GET' && { body: 'not read on the way' }),
      })
      const seen = parseEcho(await reply.text())
      const body = method === 'GET' ? '' : 'not read on the way'
      expect(seen).toMatchObject({ method, url: '/protocol/a/b%2Fc?x=1', body })
      expect(seen.headers).toMatchObject({ 'content-type': 'text/strange', authorization: 'Basic Zm9v' })
      expect([seen.headers['x-user'], seen.headers['host']]).toEqual([undefined, 'sallyport.test'])
    }
  })

  it('answers for the health of the door itself', async () => {
    for (const door of [doors.public, doors.admin]) {
      const reply = await fetch(`${door}/health`)
      expect([reply.status, reply.headers.get('content-type'), await reply.text()]).toEqual([
        200,
        'text/plain',
        'healthy\n',
      ])
    }
    expect(await (await fetch(`${doors.admin}/health/ready`)).json()).toMatchObject({
      status: 'ready',
      parts: { shop: 'ready' },
    })
  })
})

import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { things, useBalancedShop } from './balanced-shop.ts'
import type { ShopInstance } from './shop-instances.ts'

const shop = useBalancedShop()

describe('an instance that is busy', () => {
  it('has no more connections than it may have; the others go on', async () => {
    await shop.open({ connections: 1 })
    const held = Promise.withResolvers<() => void>()
    shop.instance(1).answerWith((_request, response) => held.resolve(() => void response.writeHead(200).end()))
    const first = shop.get()
    const release = await held.promise
    expect(await shop.whoAnswers(4)).toBe('2323')
    release()
    await first
    expect(shop.instance(1).seen()).toBe(1)
  })

  it('lets so many wait, in order, and refuses more at once', async () => {
    await shop.open({ connections: 1, waiting: 2 }, [shop.instance(1).url])
    const holding = holdAnswers(shop.instance(1))
    const first = shop.get('/api/shop/things/1')
    await holding.reached(1)
    const second = shop.get('/api/shop/things/2')
    await shop.waitingBecome(1)
    const third = shop.get('/api/shop/things/3')
    await shop.waitingBecome(2)
    const fourth = await shop.get('/api/shop/things/4')
    expect([fourth.status, fourth.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await shop.counted('sallyport_upstream_refused_total')).toEqual([
      { service: 'shop', reason: 'line-full', value: 1 },
    ])
    holding.release()
    await Promise.all([first, second, third])
    expect(holding.paths).toEqual(['/api/shop/things/1', '/api/shop/things/2', '/api/shop/things/3'])
    await shop.waitingBecome(0)
  })

  it('has half of its connections for streams of events at most, so that they starve no other call', async () => {
    await shop.open({ connections: 4 }, [shop.instance(1).url])
    shop.instance(1).answerWith((request, response) => {
      if (request.url?.endsWith('/events') !== true) {
        response.end()
        return
      }
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).write('data: 1\n\n')
    })
    const events = () => shop.get('/api/shop/things/events')
    // Both are held: the connection of an answer that nobody refers to any more may be closed at any time.
    const streams = [await events(), await events()]
    const third = await events()
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await shop.counted('sallyport_upstream_refused_total')).toEqual([
      { service: 'shop', reason: 'too-many-streams', value: 1 },
    ])
    expect((await Promise.all([shop.get(), shop.get(), shop.get()])).map(({ status }) => status)).toEqual([
      200, 200, 200,
    ])
    await streams.shift()?.body?.cancel()
    const next: Response[] = []
    await expect.poll(async () => next[next.push(await events()) - 1]?.status).toBe(200)
    for (const { body } of [...streams, ...next]) await body?.cancel()
  })

  it('is not waited for by a client that has left', async () => {
    await shop.open({ connections: 1, waiting: 2 }, [shop.instance(1).url])
    const holding = holdAnswers(shop.instance(1))
    const first = shop.get('/api/shop/things/1')
    await holding.reached(1)
    const leaving = new AbortController()
    const second = fetch(`${shop.door}/api/shop/things/2`, { signal: leaving.signal }).catch(() => 'left')
    await shop.waitingBecome(1)
    leaving.abort()
    await shop.waitingBecome(0)
    holding.release()
    expect([(await first).status, await second]).toEqual([200, 'left'])
    expect(holding.paths).toEqual(['/api/shop/things/1'])
  })

  it('is waited for no longer than a call may take', async () => {
    // Of the first call, too: its answer begins within this on any machine.
    const totalMs = 1000
    await shop.open({ connections: 1, totalMs }, [shop.instance(1).url])
    // The call that has the connection has its answer begun, so that its own time is not over.
    shop.instance(1).answerWith((_request, response) => void response.writeHead(200).write('and so on'))
    const first = await shop.get()
    const second = shop.get()
    await shop.waitingBecome(1)
    shop.now = totalMs
    expect((await second).status).toBe(503)
    await first.body?.cancel()
  })

  it('has its own time, however long the client took for its body', async () => {
    await shop.open({ totalMs: 1000 })
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    const headers = { 'content-length': 4 }
    const request = httpRequest(`${shop.door}${things}`, { method: 'POST', headers }, ({ statusCode }) =>
      resolve(statusCode),
    )
    request.write('{}')
    await expect.poll(() => request.socket?.bytesWritten).toBeGreaterThan(0)
    shop.now = 5000
    request.end('  ')
    expect(await promise).toBe(200)
  })

  it('sends those who wait away when it is gone', async () => {
    await shop.open({ connections: 1 }, [shop.instance(1).url])
    const holding = holdAnswers(shop.instance(1))
    const first = shop.post()
    await holding.reached(1)
    const others = [shop.post(), shop.post()]
    await shop.waitingBecome(2)
    await shop.instance(1).kill()
    expect((await first).status).toBe(502)
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([503, 503])
  })
})

describe('a client that leaves', () => {
  it('ends its request at the instance, and that is no fault of the instance', async () => {
    await shop.open({}, [shop.instance(1).url])
    for (let client = 0; client < 3; client += 1) {
      const ended = Promise.withResolvers<void>()
      const arrived = Promise.withResolvers<void>()
      shop.instance(1).answerWith((_request, response) => {
        response.on('close', () => ended.resolve())
        arrived.resolve()
      })
      const leaving = new AbortController()
      const reply = fetch(`${shop.door}${things}`, { signal: leaving.signal }).catch(() => 'left')
      await arrived.promise
      leaving.abort()
      expect(await reply).toBe('left')
      await ended.promise
    }
    expect(await shop.counted('sallyport_upstream_up')).toEqual([{ service: 'shop', instance: 'shop.1', value: 1 }])
    expect(await shop.counted('sallyport_upstream_calls')).toEqual([{ service: 'shop', instance: 'shop.1', value: 0 }])
  })

  it('in the middle of its body has sent nothing', async () => {
    await shop.open()
    const { port } = new URL(shop.door)
    const client = connect(Number(port), '127.0.0.1')
    client.write(`POST ${things} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half": `)
    await once(client, 'connect')
    client.destroy()
    expect(await shop.whoAnswers(3, () => shop.post())).toBe('123')
    expect(shop.instances.map(({ seen }) => seen())).toEqual([1, 1, 1])
  })
})

/** Answers of one instance that are held back until released. */
function holdAnswers(one: ShopInstance) {
  const paths: string[] = []
  const held: (() => void)[] = []
  let released = false
  let reached = (): void => undefined
  one.answerWith((request, response) => {
    request.resume()
    paths.push(request.url ?? '')
    const answer = (): void => void response.writeHead(200).end()
    if (released) answer()
    else held.push(answer)
    reached()
  })
  return {
    paths,
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        reached = () => void (paths.length >= count && resolve())
        reached()
      }),
    release() {
      released = true
      for (const answer of held) answer()
    },
  }
}

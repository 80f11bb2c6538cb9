import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { emptyMetrics } from '@sallyport/service'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createBalancingMetrics, type Gateway } from '../src/index.ts'
import type { PoolLimits } from '../src/dispatch/pool.ts'
import { openShop, overHttp } from './support.ts'
import { type ShopInstance, startInstance } from './shop-instances.ts'

let instances: ShopInstance[]
let gateway: Gateway | undefined
let door = ''
/** The gateway's clock, in milliseconds. */
let now = 0
let metrics = emptyMetrics()

beforeEach(async () => {
  instances = await Promise.all(['1', '2', '3'].map(startInstance))
})

afterEach(async () => {
  await closeDoor()
  await Promise.all(instances.map((instance) => instance.kill()))
})

async function openDoor(limits: Partial<PoolLimits> = {}, urls = instances.map(({ url }) => url)): Promise<void> {
  now = 0
  metrics = emptyMetrics()
  gateway = await openShop(overHttp(urls, { limits, metrics: createBalancingMetrics(metrics), now: () => now }))
  door = gateway.addresses.public
}

async function closeDoor(): Promise<void> {
  await gateway?.close(100)
  gateway = undefined
}

const things = '/api/shop/things/hat'

function get(path = things): Promise<Response> {
  return fetch(`${door}${path}`)
}

function post(body = '{"pieces": 3}'): Promise<Response> {
  return fetch(`${door}${things}`, { method: 'POST', body })
}

/** Who answers so many calls, one after the other. */
async function whoAnswers(calls: number, ask: (call: number) => Promise<Response> = () => get()): Promise<string> {
  let names = ''
  for (let call = 0; call < calls; call += 1) {
    const reply = await ask(call)
    names += reply.status === 200 ? reply.headers.get('x-instance') : `(${reply.status})`
  }
  return names
}

function instance(place: 1 | 2 | 3): ShopInstance {
  const found = instances[place - 1]
  if (!found) throw new TypeError('there is no such instance')
  return found
}

async function counted(name: string): Promise<readonly unknown[]> {
  const metric = metrics.getSingleMetric(name)
  const { values } = (await metric?.get()) ?? { values: [] }
  return values.map(({ labels, value }) => ({ ...labels, value }))
}

describe('turns (E-40)', () => {
  it('nine calls one after the other land three on each, in order', async () => {
    await openDoor()
    expect(await whoAnswers(9)).toBe('123123123')
  })

  it('are counted once over all routes and methods', async () => {
    await openDoor()
    const asks = [get, post, () => get('/protocol/x'), () => post('x'.repeat(100_000))]
    expect(await whoAnswers(12, (call) => (asks[call % asks.length] ?? get)())).toBe('123123123123')
  })

  it('are not taken by calls that the gateway refuses', async () => {
    await openDoor()
    expect(await whoAnswers(1)).toBe('1')
    expect((await get('/own/thing')).status).toBe(401)
    expect((await get('/api/shop/nowhere')).status).toBe(404)
    expect((await fetch(`${door}${things}`, { method: 'DELETE' })).status).toBe(405)
    expect(await whoAnswers(2)).toBe('23')
  })

  it('are the same for thirty calls at once', async () => {
    await openDoor()
    await Promise.all(Array.from({ length: 30 }, () => get()))
    expect(instances.map(({ seen }) => seen())).toEqual([10, 10, 10])
  })
})

describe('an instance that refuses connections', () => {
  it('T-11 is noticed by no client, and the other two alternate', async () => {
    await openDoor()
    await whoAnswers(3)
    await instance(2).kill()
    const names = await whoAnswers(30, (call) => (call % 2 === 0 ? post() : get()))
    expect(names).toBe('13'.repeat(15))
  })

  it('E-41 costs nothing whatever the method and however the body comes', async () => {
    await instance(1).kill()
    instance(2).answerWith((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => (bytes += chunk.length))
      request.on('end', () => response.writeHead(200, { 'x-bytes': bytes }).end())
    })
    for (const length of [10, 100_000]) {
      await openDoor()
      expect((await post('x'.repeat(length))).headers.get('x-bytes')).toBe(String(length))
      await closeDoor()
    }
  })

  it('is noticed by no client of thirty at once', async () => {
    await openDoor()
    await instance(1).kill()
    const replies = await Promise.all(Array.from({ length: 30 }, (_, call) => (call % 2 === 0 ? post() : get())))
    expect(replies.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('E-43 is tried by one call after two seconds, and has its turns back', async () => {
    await openDoor()
    await instance(1).kill()
    expect(await whoAnswers(4)).toBe('2323')
    expect(await counted('sallyport_upstream_retries_total')).toEqual([
      { service: 'shop', reason: 'refused', value: 1 },
    ])
    now = 1999
    await instance(1).restart()
    expect(await whoAnswers(4)).toBe('2323')
    now = 2000
    expect(await whoAnswers(6)).toBe('123123')
  })

  it('that is still away when it is tried costs that call nothing, and is left alone for two seconds more', async () => {
    await openDoor()
    await instance(3).kill()
    expect(await whoAnswers(4)).toBe('1212')
    now = 2000
    expect(await whoAnswers(4)).toBe('1212')
    expect(await counted('sallyport_upstream_retries_total')).toEqual([
      { service: 'shop', reason: 'refused', value: 2 },
    ])
    await instance(3).restart()
    now = 3999
    expect(await whoAnswers(2)).toBe('12')
    now = 4000
    expect(await whoAnswers(3)).toBe('312')
  })

  it('is tried by no second call while the first is under way', async () => {
    await openDoor()
    await instance(1).kill()
    await whoAnswers(2)
    await instance(1).restart()
    const trial = Promise.withResolvers<() => void>()
    instance(1).answerWith((_request, response) =>
      trial.resolve(() => void response.writeHead(200, { 'x-instance': '1' }).end()),
    )
    now = 2000
    const waiting = [get(), get(), get()]
    const answer = await trial.promise
    expect(await whoAnswers(4)).toMatch(/^(?:23|32){2}$/)
    expect(instance(1).seen()).toBe(1)
    answer()
    await Promise.all(waiting)
    instance(1).answerWith((_request, response) => void response.writeHead(200, { 'x-instance': '1' }).end())
    expect(await whoAnswers(3)).toMatch(/^(?:123|231|312)$/)
  })

  it('E-43 E-44 leaves 503 and when to come back when all do, and comes back soon', async () => {
    await openDoor()
    await Promise.all(instances.map((one) => one.kill()))
    const reply = await post()
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await whoAnswers(3)).toBe('(503)(503)(503)')
    await instance(2).restart()
    // There is nobody else to turn to, so it is tried sooner.
    now = 250
    const names = await whoAnswers(4)
    expect(names.replaceAll('(503)', '')).toMatch(/^2+$/)
  })

  it('is seen in the metrics', async () => {
    await openDoor()
    await instance(2).kill()
    await whoAnswers(3)
    const up = (place: number, value: number) => ({ service: 'shop', instance: `shop.${place}`, value })
    expect(await counted('sallyport_upstream_up')).toEqual([up(1, 1), up(2, 0), up(3, 1)])
    expect(await counted('sallyport_upstream_ejections_total')).toEqual([{ ...up(2, 1), reason: 'refused' }])
  })
})

describe('a connection that is lost after the request was sent (E-42)', () => {
  beforeEach(() => {
    instance(1).answerWith(
      (request) => void request.on('data', () => undefined).on('end', () => request.socket.destroy()),
    )
  })

  it('lets a GET go to another instance', async () => {
    await openDoor()
    expect(await whoAnswers(1)).toBe('2')
    expect(instance(1).seen()).toBe(1)
    expect(await counted('sallyport_upstream_retries_total')).toEqual([{ service: 'shop', reason: 'lost', value: 1 }])
  })

  it.each([
    ['a POST', () => post()],
    ['a POST with a body that is streamed', () => post('x'.repeat(100_000))],
    ['a PUT', () => fetch(`${door}/protocol/x`, { method: 'PUT' })],
    ['a DELETE', () => fetch(`${door}/protocol/x`, { method: 'DELETE' })],
  ])('gives 502 for %s: it may have been carried out', async (_, ask) => {
    await openDoor()
    expect(await whoAnswers(3, ask)).toBe('(502)23')
  })

  it('gives 502 for a GET with a body', async () => {
    await openDoor()
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    httpRequest(`${door}/protocol/x`, { headers: { 'content-length': 4 } }, ({ statusCode }) =>
      resolve(statusCode),
    ).end('body')
    expect(await promise).toBe(502)
  })

  it('repeats a GET so often and no more', async () => {
    await openDoor()
    for (const one of instances) one.answerWith((request) => void request.socket.destroy())
    expect((await get()).status).toBe(502)
    expect(instances.map(({ seen }) => seen())).toEqual([1, 1, 1])
  })

  it('takes the turns of an instance that does so three times in a row', async () => {
    await openDoor()
    expect(await whoAnswers(9, () => post())).toBe('(502)23(502)23(502)23')
    expect(await whoAnswers(4, () => post())).toBe('2323')
  })

  it('is nothing that an answer is: 4xx and 5xx are passed on, once', async () => {
    await openDoor()
    for (const status of [400, 404, 500, 502, 503, 504]) {
      for (const one of instances)
        one.answerWith((_request, response) => void response.writeHead(status).end('as it is'))
      const reply = await get()
      expect([reply.status, await reply.text()]).toEqual([status, 'as it is'])
    }
    expect(instances.map(({ seen }) => seen())).toEqual([2, 2, 2])
    expect(await counted('sallyport_upstream_retries_total')).toEqual([])
  })

  it('destroys half an answer and repeats nothing', async () => {
    await openDoor()
    instance(1).answerWith((request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half')
      setImmediate(() => request.socket.destroy())
    })
    await expect(get().then((reply) => reply.text())).rejects.toThrow()
    expect(instances.map(({ seen }) => seen())).toEqual([1, 0, 0])
  })
})

describe('an instance that is silent', () => {
  const silence = (): void => undefined

  it('E-33 gives 504 when its time is over', async () => {
    await openDoor({ tryMs: 50, totalMs: 50 })
    for (const one of instances) one.answerWith(silence)
    expect((await post()).status).toBe(504)
  })

  it('lets a GET go to another one while there is time, and only that', async () => {
    await openDoor({ tryMs: 50, totalMs: 10_000 })
    instance(1).answerWith(silence)
    expect(await whoAnswers(2)).toBe('23')
    expect(await whoAnswers(1, () => post())).toBe('(504)')
  })

  it('has all its tries within the total', async () => {
    await openDoor({ tryMs: 50, totalMs: 1000 })
    for (const one of instances)
      one.answerWith(() => {
        now += 600
      })
    expect((await get()).status).toBe(504)
    expect(instances.map(({ seen }) => seen())).toEqual([1, 1, 0])
  })

  it('because it is stopped, is passed over after three calls, longer and longer, and is back within 5 s', async () => {
    const child = fork(new URL('silent-instance.ts', import.meta.url))
    const [{ port }] = await once(child, 'message')
    try {
      await openDoor({ tryMs: 100, totalMs: 10_000 }, [`http://127.0.0.1:${port}`, instance(1).url, instance(2).url])
      expect(await whoAnswers(3)).toBe('child12')
      child.kill('SIGSTOP')
      expect(await whoAnswers(7)).toBe('1212121')
      expect(await counted('sallyport_upstream_retries_total')).toEqual([
        { service: 'shop', reason: 'silent', value: 3 },
      ])
      now = 2000
      expect(await whoAnswers(3)).toBe('212')
      child.kill('SIGCONT')
      now = 5999
      expect(await whoAnswers(2)).toBe('12')
      now = 6000
      expect(await whoAnswers(3)).toBe('child12')
    } finally {
      child.kill('SIGKILL')
    }
  })
})

describe('an instance that is busy', () => {
  it('has no more connections than it may have; the others go on', async () => {
    await openDoor({ connections: 1 })
    const held = Promise.withResolvers<() => void>()
    instance(1).answerWith((_request, response) => held.resolve(() => void response.writeHead(200).end()))
    const first = get()
    const release = await held.promise
    expect(await whoAnswers(4)).toBe('2323')
    release()
    await first
    expect(instance(1).seen()).toBe(1)
  })

  it('lets so many wait, in order, and refuses more at once', async () => {
    await openDoor({ connections: 1, waiting: 2 }, [instance(1).url])
    const holding = holdAnswers(instance(1))
    const first = get('/api/shop/things/1')
    await holding.reached(1)
    const second = get('/api/shop/things/2')
    await waitingBecome(1)
    const third = get('/api/shop/things/3')
    await waitingBecome(2)
    const fourth = await get('/api/shop/things/4')
    expect([fourth.status, fourth.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await counted('sallyport_upstream_refused_total')).toEqual([
      { service: 'shop', reason: 'line-full', value: 1 },
    ])
    holding.release()
    await Promise.all([first, second, third])
    expect(holding.paths).toEqual(['/api/shop/things/1', '/api/shop/things/2', '/api/shop/things/3'])
    await waitingBecome(0)
  })

  it('is not waited for by a client that has left', async () => {
    await openDoor({ connections: 1, waiting: 2 }, [instance(1).url])
    const holding = holdAnswers(instance(1))
    const first = get('/api/shop/things/1')
    await holding.reached(1)
    const leaving = new AbortController()
    const second = fetch(`${door}/api/shop/things/2`, { signal: leaving.signal }).catch(() => 'left')
    await waitingBecome(1)
    leaving.abort()
    await waitingBecome(0)
    holding.release()
    expect([(await first).status, await second]).toEqual([200, 'left'])
    expect(holding.paths).toEqual(['/api/shop/things/1'])
  })

  it('is waited for no longer than a call may take', async () => {
    await openDoor({ connections: 1, totalMs: 50 }, [instance(1).url])
    // The call that has the connection has its answer begun, so that its own time is not over.
    instance(1).answerWith((_request, response) => void response.writeHead(200).write('and so on'))
    const first = await get()
    const second = get()
    await waitingBecome(1)
    now = 50
    expect((await second).status).toBe(503)
    await first.body?.cancel()
  })

  it('sends those who wait away when it is gone', async () => {
    await openDoor({ connections: 1 }, [instance(1).url])
    const holding = holdAnswers(instance(1))
    const first = post()
    await holding.reached(1)
    const others = [post(), post()]
    await waitingBecome(2)
    await instance(1).kill()
    expect((await first).status).toBe(502)
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([503, 503])
  })
})

describe('a client that leaves', () => {
  it('ends its request at the instance, and that is no fault of the instance', async () => {
    await openDoor()
    const ended = Promise.withResolvers<void>()
    const arrived = Promise.withResolvers<void>()
    instance(1).answerWith((_request, response) => {
      response.on('close', () => ended.resolve())
      arrived.resolve()
    })
    const leaving = new AbortController()
    const reply = fetch(`${door}${things}`, { signal: leaving.signal }).catch(() => 'left')
    await arrived.promise
    leaving.abort()
    expect(await reply).toBe('left')
    await ended.promise
    expect((await counted('sallyport_upstream_up')).every((one) => Reflect.get(Object(one), 'value') === 1)).toBe(true)
  })

  it('in the middle of its body has sent nothing', async () => {
    await openDoor()
    const { port } = new URL(door)
    const client = connect(Number(port), '127.0.0.1')
    client.write(`POST ${things} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"half": `)
    await once(client, 'connect')
    client.destroy()
    expect(await whoAnswers(3, () => post())).toBe('123')
    expect(instances.map(({ seen }) => seen())).toEqual([1, 1, 1])
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

async function waitingBecome(expected: number): Promise<void> {
  await expect.poll(() => counted('sallyport_upstream_waiting')).toEqual([{ service: 'shop', value: expected }])
}

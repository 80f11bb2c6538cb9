import { fork } from 'node:child_process'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { beforeEach, describe, expect, it } from 'vitest'
import { inSteps } from '../doors.ts'
import { useBalancedShop } from './balanced-shop.ts'

const shop = useBalancedShop()

describe('a connection that is lost after the request was sent (E-42)', () => {
  beforeEach(() => {
    shop
      .instance(1)
      .answerWith((request) => void request.on('data', () => undefined).on('end', () => request.socket.destroy()))
  })

  it('lets a GET go to another instance', async () => {
    await shop.open()
    expect(await shop.whoAnswers(1)).toBe('2')
    expect(shop.instance(1).seen()).toBe(1)
    expect(await shop.counted('sallyport_upstream_retries_total')).toEqual([
      { service: 'shop', reason: 'lost', value: 1 },
    ])
  })

  it.each([
    ['a POST', () => shop.post()],
    ['a POST with a body that is streamed', () => shop.post('x'.repeat(100_000))],
    ['a PUT', () => fetch(`${shop.door}/protocol/x`, { method: 'PUT' })],
    ['a DELETE', () => fetch(`${shop.door}/protocol/x`, { method: 'DELETE' })],
  ])('gives 502 for %s: it may have been carried out', async (_, ask) => {
    await shop.open()
    expect(await shop.whoAnswers(3, ask)).toBe('(502)23')
  })

  it('gives 502 for a GET with a body', async () => {
    await shop.open()
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    httpRequest(`${shop.door}/protocol/x`, { headers: { 'content-length': 4 } }, ({ statusCode }) =>
      resolve(statusCode),
    ).end('body')
    expect(await promise).toBe(502)
  })

  it('repeats a GET so often and no more', async () => {
    await shop.open()
    for (const one of shop.instances) one.answerWith((request) => void request.socket.destroy())
    expect((await shop.get()).status).toBe(502)
    expect(shop.instances.map(({ seen }) => seen())).toEqual([1, 1, 1])
  })

  it('takes the turns of an instance that does so three times in a row', async () => {
    await shop.open()
    expect(await shop.whoAnswers(9, () => shop.post())).toBe('(502)23(502)23(502)23')
    expect(await shop.whoAnswers(4, () => shop.post())).toBe('2323')
  })

  it('is nothing that an answer is: 4xx and 5xx are passed on, once', async () => {
    await shop.open()
    for (const status of [400, 404, 500, 502, 503, 504]) {
      for (const one of shop.instances)
        one.answerWith((_request, response) => void response.writeHead(status).end('as it is'))
      const reply = await shop.get()
      expect([reply.status, await reply.text()]).toEqual([status, 'as it is'])
    }
    expect(shop.instances.map(({ seen }) => seen())).toEqual([2, 2, 2])
    expect(await shop.counted('sallyport_upstream_retries_total')).toEqual([])
  })

  it('destroys half an answer and repeats nothing', async () => {
    await shop.open()
    shop.instance(1).answerWith((request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('half')
      setImmediate(() => request.socket.destroy())
    })
    await expect(shop.get().then((reply) => reply.text())).rejects.toThrow()
    expect(shop.instances.map(({ seen }) => seen())).toEqual([1, 0, 0])
  })
})

describe('an instance that is silent', () => {
  const silence = (): void => undefined

  it('E-33 gives 504 when its time is over', async () => {
    await shop.open({ tryMs: 50, totalMs: 50 })
    for (const one of shop.instances) one.answerWith(silence)
    expect((await shop.post()).status).toBe(504)
  })

  it('E-33 is given up when its time is over, not up to a second later', async () => {
    await shop.open({ tryMs: 50, totalMs: 50 })
    for (const one of shop.instances) one.answerWith(silence)
    const asks = [() => shop.post(), () => shop.post('x'.repeat(100_000))]
    for (const ask of asks) {
      const late = inSteps(450).then(() => 'late')
      expect(await Promise.race([ask().then(({ status }) => status), late])).toBe(504)
    }
  })

  it('lets a GET go to another one while there is time, and only that', async () => {
    await shop.open({ tryMs: 300, totalMs: 10_000 })
    shop.instance(1).answerWith(silence)
    expect(await shop.whoAnswers(2)).toBe('23')
    expect(await shop.whoAnswers(1, () => shop.post())).toBe('(504)')
  })

  it('has all its tries within the total', async () => {
    // A call that has no connection by then ends at once.
    await shop.open({ tryMs: 400, totalMs: 1000 })
    for (const one of shop.instances)
      one.answerWith(() => {
        shop.now += 600
      })
    expect((await shop.get()).status).toBe(504)
    expect(shop.instances.map(({ seen }) => seen())).toEqual([1, 1, 0])
  })

  it('because it is stopped, is passed over after three calls, longer and longer, and is back within 5 s', async () => {
    const child = fork(new URL('silent-instance.ts', import.meta.url))
    const [{ port }] = await once(child, 'message')
    try {
      const url = `http://127.0.0.1:${port}`
      /** A process that has just been started or woken may take its time, which is not the gateway's. */
      const isAwake = async (): Promise<void> => expect((await fetch(url)).status).toBe(200)
      await isAwake()
      await shop.open({ tryMs: 300, totalMs: 10_000 }, [url, shop.instance(1).url, shop.instance(2).url])
      expect(await shop.whoAnswers(3)).toBe('child12')
      child.kill('SIGSTOP')
      expect(await shop.whoAnswers(7)).toBe('1212121')
      expect(await shop.counted('sallyport_upstream_retries_total')).toEqual([
        { service: 'shop', reason: 'silent', value: 3 },
      ])
      shop.now = 2000
      expect(await shop.whoAnswers(3)).toBe('212')
      child.kill('SIGCONT')
      await isAwake()
      shop.now = 5999
      expect(await shop.whoAnswers(2)).toBe('12')
      shop.now = 6000
      expect(await shop.whoAnswers(3)).toBe('child12')
    } finally {
      child.kill('SIGKILL')
    }
  })
})

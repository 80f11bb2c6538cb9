import { request as httpRequest } from 'node:http'
import { describe, expect, it } from 'vitest'
import { things, useBalancedShop } from './balanced-shop.ts'

const shop = useBalancedShop()

describe('turns (E-40)', () => {
  it('nine calls one after the other land three on each, in order', async () => {
    await shop.open()
    expect(await shop.whoAnswers(9)).toBe('123123123')
  })

  it('are counted once over all routes and methods', async () => {
    await shop.open()
    const asks = [
      () => shop.get(),
      () => shop.post(),
      () => shop.get('/protocol/x'),
      () => shop.post('x'.repeat(100_000)),
    ]
    expect(await shop.whoAnswers(12, (call) => asks[call % asks.length]?.() ?? shop.get())).toBe('123123123123')
  })

  it('are not taken by calls that the gateway refuses', async () => {
    await shop.open()
    expect(await shop.whoAnswers(1)).toBe('1')
    expect((await shop.get('/own/thing')).status).toBe(401)
    expect((await shop.get('/api/shop/nowhere')).status).toBe(404)
    expect((await fetch(`${shop.door}${things}`, { method: 'DELETE' })).status).toBe(405)
    expect(await shop.whoAnswers(2)).toBe('23')
  })

  it('are the same for thirty calls at once', async () => {
    await shop.open()
    await Promise.all(Array.from({ length: 30 }, () => shop.get()))
    expect(shop.instances.map(({ seen }) => seen())).toEqual([10, 10, 10])
  })
})

describe('an instance that refuses connections', () => {
  it('T-11 is noticed by no client, and the other two alternate', async () => {
    await shop.open()
    await shop.whoAnswers(3)
    await shop.instance(2).kill()
    const names = await shop.whoAnswers(30, (call) => (call % 2 === 0 ? shop.post() : shop.get()))
    expect(names).toBe('13'.repeat(15))
  })

  it('E-41 costs nothing whatever the method and however the body comes', async () => {
    await shop.instance(1).kill()
    shop.instance(2).answerWith((request, response) => {
      let bytes = 0
      request.on('data', (chunk: Buffer) => (bytes += chunk.length))
      request.on('end', () => response.writeHead(200, { 'x-bytes': bytes }).end())
    })
    for (const length of [10, 100_000]) {
      await shop.open()
      expect((await shop.post('x'.repeat(length))).headers.get('x-bytes')).toBe(String(length))
      await shop.close()
    }
  })

  it('is noticed by no client of thirty at once', async () => {
    await shop.open()
    await shop.instance(1).kill()
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, call) => (call % 2 === 0 ? shop.post() : shop.get())),
    )
    expect(replies.filter(({ status }) => status !== 200)).toEqual([])
  })

  it('E-43 is tried by one call after two seconds, and has its turns back', async () => {
    await shop.open()
    await shop.instance(1).kill()
    expect(await shop.whoAnswers(4)).toBe('2323')
    expect(await shop.counted('sallyport_upstream_retries_total')).toEqual([
      { service: 'shop', reason: 'refused', value: 1 },
    ])
    shop.now = 1999
    await shop.instance(1).restart()
    expect(await shop.whoAnswers(4)).toBe('2323')
    shop.now = 2000
    expect(await shop.whoAnswers(6)).toBe('123123')
  })

  it('that is still away when it is tried costs that call nothing, and is left alone for two seconds more', async () => {
    await shop.open()
    await shop.instance(3).kill()
    expect(await shop.whoAnswers(4)).toBe('1212')
    shop.now = 2000
    expect(await shop.whoAnswers(4)).toBe('1212')
    expect(await shop.counted('sallyport_upstream_retries_total')).toEqual([
      { service: 'shop', reason: 'refused', value: 2 },
    ])
    await shop.instance(3).restart()
    shop.now = 3999
    expect(await shop.whoAnswers(2)).toBe('12')
    shop.now = 4000
    expect(await shop.whoAnswers(3)).toBe('312')
  })

  it('is tried by no second call while the first is under way', async () => {
    await shop.open()
    await shop.instance(1).kill()
    await shop.whoAnswers(2)
    await shop.instance(1).restart()
    const trial = Promise.withResolvers<() => void>()
    shop
      .instance(1)
      .answerWith((_request, response) =>
        trial.resolve(() => void response.writeHead(200, { 'x-instance': '1' }).end()),
      )
    shop.now = 2000
    const waiting = [shop.get(), shop.get(), shop.get()]
    const answer = await trial.promise
    // The other two have had their turns.
    await expect.poll(() => shop.instances.map(({ seen }) => seen())).toEqual([1, 2, 2])
    expect(await shop.whoAnswers(4)).toMatch(/^(?:23|32){2}$/)
    expect(shop.instance(1).seen()).toBe(1)
    answer()
    await Promise.all(waiting)
    shop.instance(1).answerWith((_request, response) => void response.writeHead(200, { 'x-instance': '1' }).end())
    expect(await shop.whoAnswers(3)).toMatch(/^(?:123|231|312)$/)
  })

  it('E-43 is not kept out by a long upload that tries it', async () => {
    await shop.open()
    await shop.instance(1).kill()
    expect(await shop.whoAnswers(3)).toBe('232')
    await shop.instance(1).restart()
    shop.now = 2000
    await shop.whoAnswers(1)
    const upload = httpRequest(`${shop.door}${things}`, { method: 'POST', headers: { 'transfer-encoding': 'chunked' } })
    upload.on('error', () => undefined)
    upload.write('{"half":')
    await expect.poll(() => shop.instance(1).seen()).toBe(1)
    expect(await shop.whoAnswers(3)).toBe('232')
    shop.now = 2500
    expect(await shop.whoAnswers(4)).toBe('3123')
    upload.destroy()
  })

  it('E-43 E-44 leaves 503 and when to come back when all do, and comes back soon', async () => {
    await shop.open()
    await Promise.all(shop.instances.map((one) => one.kill()))
    const reply = await shop.post()
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await shop.whoAnswers(3)).toBe('(503)(503)(503)')
    await shop.instance(2).restart()
    // There is nobody else to turn to, so it is tried sooner.
    shop.now = 250
    const names = await shop.whoAnswers(4)
    expect(names.replaceAll('(503)', '')).toMatch(/^2+$/)
  })

  it('is seen in the metrics', async () => {
    await shop.open()
    await shop.instance(2).kill()
    await shop.whoAnswers(3)
    const up = (place: number, value: number) => ({ service: 'shop', instance: `shop.${place}`, value })
    expect(await shop.counted('sallyport_upstream_up')).toEqual([up(1, 1), up(2, 0), up(3, 1)])
    expect(await shop.counted('sallyport_upstream_ejections_total')).toEqual([{ ...up(2, 1), reason: 'refused' }])
  })
})

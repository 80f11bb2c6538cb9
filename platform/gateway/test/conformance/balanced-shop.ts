import { emptyMetrics } from '@sallyport/service'
import { afterEach, beforeEach, expect } from 'vitest'
import type { PoolLimits } from '../../src/dispatch/pool.ts'
import { createBalancingMetrics, type Gateway } from '../../src/index.ts'
import { openDoors } from '../doors.ts'
import { type ShopInstance, startInstance } from './shop-instances.ts'
import { overHttp } from '../support.ts'

/** A door with three instances of the shop behind it, all of it made anew for each test. */
export interface BalancedShop {
  readonly instances: readonly ShopInstance[]
  readonly door: string
  instance(place: 1 | 2 | 3): ShopInstance
  /** Opens the door in front of all three, or of these. */
  open(limits?: Partial<PoolLimits>, urls?: readonly string[]): Promise<void>
  close(): Promise<void>
  /** The gateway's clock, in milliseconds; it stands still unless it is moved. */
  now: number
  get(path?: string): Promise<Response>
  post(body?: string): Promise<Response>
  /** Who answers so many calls, one after the other; a status other than 200 is in parentheses. */
  whoAnswers(calls: number, ask?: (call: number) => Promise<Response>): Promise<string>
  /** What a metric shows. */
  counted(name: string): Promise<readonly unknown[]>
  /** Waits until so many calls wait for a connection. */
  waitingBecome(expected: number): Promise<void>
}

export const things = '/api/shop/things/hat'

export function useBalancedShop(): BalancedShop {
  let gateway: Gateway | undefined
  let metrics = emptyMetrics()
  let instances: readonly ShopInstance[] = []

  const shop: BalancedShop = {
    get instances() {
      return instances
    },
    get door() {
      return gateway?.addresses.public ?? ''
    },
    now: 0,
    instance(place) {
      const found = instances[place - 1]
      if (!found) throw new TypeError('there is no such instance')
      return found
    },
    async open(limits = {}, urls = instances.map(({ url }) => url)) {
      shop.now = 0
      metrics = emptyMetrics()
      const parts = { limits, metrics: createBalancingMetrics(metrics), now: () => shop.now }
      gateway = await openDoors(overHttp(urls, parts))
    },
    async close() {
      await gateway?.close(100)
      gateway = undefined
    },
    get: (path = things) => fetch(`${shop.door}${path}`),
    post: (body = '{"pieces": 3}') => fetch(`${shop.door}${things}`, { method: 'POST', body }),
    async whoAnswers(calls, ask = () => shop.get()) {
      let names = ''
      for (let call = 0; call < calls; call += 1) {
        const reply = await ask(call)
        names += reply.status === 200 ? reply.headers.get('x-instance') : `(${reply.status})`
      }
      return names
    },
    async counted(name) {
      const { values } = (await metrics.getSingleMetric(name)?.get()) ?? { values: [] }
      return values.map(({ labels, value }) => ({ ...labels, value }))
    },
    async waitingBecome(expected) {
      await expect
        .poll(() => shop.counted('sallyport_upstream_waiting'))
        .toEqual([{ service: 'shop', value: expected }])
    },
  }

  beforeEach(async () => {
    instances = await Promise.all(['1', '2', '3'].map(startInstance))
  })
  afterEach(async () => {
    await shop.close()
    await Promise.all(instances.map((instance) => instance.kill()))
  })
  return shop
}

import { describe, expect, it } from 'vitest'
import { openDoors, witness } from './doors.ts'
import { startInstance } from './conformance/shop-instances.ts'
import { overHttp } from './support.ts'

const ask = async (door: string) => {
  const reply = await fetch(`${door}/health/ready`)
  return { status: reply.status, body: await reply.json() }
}

describe('/health/ready', () => {
  it.each([
    ['ready', 200, 'ready'],
    ['degraded: lost', 200, 'ready'],
    ['lost', 503, 'not ready'],
  ])('is of a gateway whose revocations are %s: %i', async (state, status, said) => {
    const parts = { shop: 'ready', 'gateway.revocations': state }
    const { addresses } = await openDoors(witness().dispatcher, { readiness: async () => parts })
    for (const door of [addresses.public, addresses.admin]) {
      expect(await ask(door)).toEqual({ status, body: { status: said, parts } })
    }
  })

  it('names the instances of services, and which of them are called', async () => {
    const [first, second] = [await startInstance('1'), await startInstance('2')]
    const { addresses } = await openDoors(overHttp([first.url, second.url]))
    const well = { 'shop.1': 'called', 'shop.2': 'called' }
    expect(await ask(addresses.admin)).toMatchObject({ body: { instances: well } })
    await first.kill()
    for (let call = 0; call < 2; call += 1) await fetch(`${addresses.public}/api/shop/things/hat`)
    const ill = { 'shop.1': 'passed over', 'shop.2': 'called' }
    expect(await ask(addresses.admin)).toMatchObject({ status: 200, body: { instances: ill } })
    await second.kill()
  })
})

import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  createServiceCredential,
  createServiceIdentification,
  KeysUnavailable,
  publicJwkOf,
  type ServiceKey,
} from '../src/index.ts'
import { stoppedClock } from './support.ts'

function newKey(service: string): ServiceKey {
  const privateKeyPem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' })
  return { service, privateKeyPem }
}

const clock = stoppedClock()
const identity = newKey('identity')
const gacha = newKey('gacha')
const identify = createServiceIdentification({
  audience: 'wallet',
  callers: ['identity', 'gacha'],
  keyOf: async (service) => publicJwkOf(service === 'identity' ? identity : gacha),
  clock,
})

describe('the credentials between services (design §3)', () => {
  it('say who is calling', async () => {
    expect(await identify(createServiceCredential(identity, 'wallet', clock)())).toEqual({
      kind: 'service',
      name: 'identity',
    })
  })

  it('are good for the service they were made for and no other', async () => {
    expect(await identify(createServiceCredential(identity, 'gacha', clock)())).toBeUndefined()
  })

  it('cannot be made in the name of another service', async () => {
    const pretender: ServiceKey = { service: 'identity', privateKeyPem: gacha.privateKeyPem }
    expect(await identify(createServiceCredential(pretender, 'wallet', clock)())).toBeUndefined()
  })

  it('are known at the first call, however many come at once', async () => {
    const fresh = createServiceIdentification({
      audience: 'wallet',
      callers: ['identity', 'gacha'],
      keyOf: async (service) => publicJwkOf(service === 'identity' ? identity : gacha),
      clock,
    })
    const token = createServiceCredential(identity, 'wallet', clock)()
    const answers = await Promise.all(Array.from({ length: 20 }, () => fresh(token)))
    expect(answers).toEqual(Array.from({ length: 20 }, () => ({ kind: 'service', name: 'identity' })))
  })

  it('of a service whose key is not there yet are no reason to call it a stranger', async () => {
    const early = createServiceIdentification({
      audience: 'wallet',
      callers: ['identity'],
      keyOf: async () => undefined,
      clock,
    })
    await expect(early(createServiceCredential(identity, 'wallet', clock)())).rejects.toThrow(KeysUnavailable)
  })

  it('last 60 seconds, and a caller makes a new one in time', async () => {
    const time = stoppedClock()
    const fresh = createServiceIdentification({
      audience: 'wallet',
      callers: ['identity'],
      keyOf: async () => publicJwkOf(identity),
      clock: time,
    })
    const credential = createServiceCredential(identity, 'wallet', time)
    const first = credential()
    expect(credential()).toBe(first)
    time.set(new Date(time.now().getTime() + 41_000))
    const second = credential()
    expect(second).not.toBe(first)
    time.set(new Date(time.now().getTime() + 19_000))
    expect(await fresh(first)).toBeUndefined()
    expect(await fresh(second)).toBeDefined()
  })
})

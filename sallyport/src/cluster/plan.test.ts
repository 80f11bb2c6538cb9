import { describe, expect, it } from 'vitest'
import { partNames } from '../settings/parts.ts'
import { type CommonPlan, environmentOf, type PlannedPart, planParts } from './plan.ts'

async function plan(): Promise<PlannedPart[]> {
  let port = 21_000
  return planParts({ gacha: 2 }, async () => (port += 1))
}

const common: CommonPlan = {
  environment: {
    PATH: '/usr/bin',
    DATABASE_URL_WALLET: 'postgres://wallet:secret@db/wallet',
    SALLYPORT_URL_GACHA: 'http://elsewhere',
    SALLYPORT_PORT: '1',
    SALLYPORT_HOST: '0.0.0.0',
  },
  dataDirectory: '/srv/sallyport',
  publicUrl: 'http://localhost:8080',
  databaseUrls: (service) => ({
    [`DATABASE_URL_${service.toUpperCase()}`]: `postgres://${service}@localhost/${service}`,
  }),
}

async function environment(name: string): Promise<Record<string, string>> {
  const all = await plan()
  const found = all.find((planned) => planned.name === name)
  if (!found) throw new TypeError(`there is no ${name}`)
  return environmentOf(found, all, common)
}

describe('E-2 the processes of a cluster', () => {
  it('are every part, enrollment three times', async () => {
    const names = (await plan()).map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['enrollment.1', 'enrollment.2', 'enrollment.3', 'gacha.1', 'gacha.2']),
    )
    for (const part of partNames) expect(names.some((name) => name.split('.')[0] === part)).toBe(true)
  })

  it('E-3 have a port each, by which the gateway and the others know them', async () => {
    const all = await plan()
    const ports = all.map(({ port }) => port)
    expect(new Set(ports).size).toBe(ports.length)
    const { SALLYPORT_URL_ENROLLMENT: enrollment } = await environment('gateway')
    const expected = all.filter(({ part }) => part === 'enrollment').map(({ port }) => `http://127.0.0.1:${port}`)
    expect(enrollment).toBe(expected.join())
  })

  it('E-9 find the gateway at its own port, which is on neither door', async () => {
    const { port } = (await plan()).find(({ part }) => part === 'gateway') ?? expect.fail()
    expect((await environment('gateway'))['SALLYPORT_PORT']).toBe(String(port))
    expect((await environment('enrollment.1'))['SALLYPORT_URL_GATEWAY']).toBe(`http://127.0.0.1:${port}`)
  })

  it('E-8 are told of their own database alone', async () => {
    const wallet = await environment('wallet')
    expect(Object.keys(wallet).filter((name) => name.startsWith('DATABASE_URL_'))).toEqual(['DATABASE_URL_WALLET'])
    expect(wallet['DATABASE_URL_WALLET']).toBe('postgres://wallet@localhost/wallet')
  })

  it('E-4 listen on loopback, whatever the doors do', async () => {
    expect(await environment('wallet')).toMatchObject({ SALLYPORT_HOST: '0.0.0.0', SALLYPORT_PART_HOST: '127.0.0.1' })
    expect((await environment('wallet'))['SALLYPORT_URL_IDENTITY']).toMatch(/^http:\/\/127\.0\.0\.1:/)
  })

  it('have what the cluster was given, and their own place in it', async () => {
    expect(await environment('enrollment.2')).toMatchObject({
      PATH: '/usr/bin',
      SALLYPORT_INSTANCE: '2',
      SALLYPORT_DATA: '/srv/sallyport',
      SALLYPORT_PUBLIC_URL: 'http://localhost:8080',
      SALLYPORT_LOG_LEVEL: 'info',
    })
    expect((await environment('enrollment.2'))['SALLYPORT_PORT']).not.toBe('1')
  })
})

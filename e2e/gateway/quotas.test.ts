import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation, startMigratedParts } from '../support/installation.ts'
import type { Parts } from '../support/parts.ts'
import { type Program, startProgram } from '../support/program.ts'

/** Proxies on this machine are believed, so that the tests call from any address. */
const settings = { SALLYPORT_TRUSTED_PROXIES: '127.0.0.1,::1', SALLYPORT_ACCOUNTS_LIMIT: '150/minute' }

interface Asked {
  readonly from: string
  readonly json?: object
}

async function ask(door: string, method: 'GET' | 'POST', path: string, { from, json }: Asked) {
  const reply = await fetch(`${door}${path}`, {
    method,
    headers: { 'x-forwarded-for': from, ...(json && { 'content-type': 'application/json' }) },
    ...(json && { body: JSON.stringify(json) }),
  })
  const body: unknown = await reply.json()
  return { status: reply.status, headers: reply.headers, body }
}

function times<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

function countOf(answers: readonly { status: number }[], status: number): number {
  return answers.filter((answer) => answer.status === status).length
}

const logIn = (door: string, from: string) => (index: number) =>
  ask(door, 'POST', '/authy/login', { from, json: { username: `nobody${index}`, password: 'wrong password' } })
/** One without a password: it counts as well, and a hundred at once do not wait for the hashing of a hundred passwords. */
const knock = (door: string, from: string) => (index: number) =>
  ask(door, 'POST', '/authy/login', { from, json: { username: `nobody${index}` } })

describe('A-12 A-F10 the limits of one client at the doors of the program', () => {
  let dataDirectory: string
  let program: Program
  let door: string

  beforeAll(async () => {
    dataDirectory = await makeInstallation()
    program = await startProgram(dataDirectory, settings)
    door = program.addresses.public
  })
  afterAll(async () => {
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  })

  it('refuse the 101st login in an hour, however many come at once, in the words of the account service', async () => {
    const from = '192.0.2.1'
    const answers = await times(120, knock(door, from))
    expect(countOf(answers, 400)).toBe(100)
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(20)
    for (const { body, headers } of refused) {
      expect(body).toEqual({ message: 'no more calls are allowed now: 100 in accounts-log-in/hour' })
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(3500)
    }
    expect((await logIn(door, '192.0.2.2')(0)).status).toBe(401)
  })

  it('refuse it still after a restart', async () => {
    await program.stop()
    program = await startProgram(dataDirectory, settings)
    door = program.addresses.public
    expect((await logIn(door, '192.0.2.1')(0)).status).toBe(429)
    const { headers } = await logIn(door, '192.0.2.2')(0)
    expect(headers.get('ratelimit')).toMatch(
      /^"accounts\/minute";r=1\d\d;t=\d+, "accounts-log-in\/hour";r=98;t=3\d{3}$/,
    )
  })

  it('refuse it still after the program was killed', async () => {
    const from = '192.0.2.8'
    await times(100, knock(door, from))
    await program.kill()
    program = await startProgram(dataDirectory, settings)
    door = program.addresses.public
    expect((await logIn(door, from)(0)).status).toBe(429)
  })

  it('refuse the 21st sign-up and the 21st validation', async () => {
    const from = '192.0.2.3'
    const signUps = await times(25, () => ask(door, 'POST', '/authy/user', { from, json: {} }))
    expect([countOf(signUps, 400), countOf(signUps, 429)]).toEqual([20, 5])
    const validations = await times(25, () => ask(door, 'GET', '/authy/validate/nothing', { from }))
    expect([countOf(validations, 404), countOf(validations, 429)]).toEqual([20, 5])
  })

  it('refuse whatever comes after so many requests of any kind, but at no other surface', async () => {
    const from = '192.0.2.4'
    const answers = await times(160, () => ask(door, 'GET', '/authy/status', { from }))
    expect([countOf(answers, 200), countOf(answers, 429)]).toEqual([150, 10])
    expect((await ask(door, 'GET', '/.well-known/jwks.json', { from })).status).toBe(200)
  })

  it('refuse the 31st letter with a link, in the words of that surface', async () => {
    const from = '192.0.2.5'
    const json = { email: 'nobody@example.org' }
    const answers = await times(31, () => ask(door, 'POST', '/v1/account/password-reset-requests', { from, json }))
    expect(countOf(answers, 202)).toBe(30)
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.body).toMatchObject({ title: 'Too many requests', code: 'too-many-requests' })
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(3500)
  })

  it('say that they hold', async () => {
    const reply = await fetch(`${door}/health/ready`)
    expect(await reply.json()).toMatchObject({ status: 'ready', parts: { 'gateway.quotas': 'ready' } })
  })
})

describe('a limit for everything at the public door', () => {
  it('is for each address, and not at the admin door', async () => {
    const dataDirectory = await makeInstallation()
    const program = await startProgram(dataDirectory, { ...settings, SALLYPORT_LIMIT_ADDRESS: '5/hour' })
    try {
      const paths = ['/.well-known/jwks.json', '/oidc/.well-known/openid-configuration', '/authy/status']
      const statuses = []
      for (let index = 0; index < 7; index += 1) {
        const path = paths[index % paths.length] ?? ''
        statuses.push((await ask(program.addresses.public, 'GET', path, { from: '192.0.2.6' })).status)
      }
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429])
      expect((await ask(program.addresses.public, 'GET', '/authy/status', { from: '192.0.2.7' })).status).toBe(200)
      const admin = await fetch(`${program.addresses.admin}/health`, { headers: { 'x-forwarded-for': '192.0.2.6' } })
      expect(admin.status).toBe(200)
    } finally {
      await program.stop()
      await rm(dataDirectory, { recursive: true, force: true })
    }
  })
})

describe('A-F10 two gateways of one installation', () => {
  let parts: Parts
  beforeAll(async () => {
    parts = await startMigratedParts(['identity'], { settings })
  })
  afterAll(async () => {
    await parts.stop()
  })

  it('refuse the 101st login of a client together', async () => {
    const { public: another = '' } = await parts.serve('gateway', { SALLYPORT_INSTANCE: '2', SALLYPORT_PORT: '0' })
    const gateways = [parts.door, another]
    const from = '192.0.2.9'
    const answers = await times(120, (index) => knock(gateways[index % 2] ?? expect.fail(), from)(index))
    expect([countOf(answers, 400), countOf(answers, 429)]).toEqual([100, 20])
    const ready = await fetch(`${gateways[0]}/health/ready`)
    expect(await ready.json()).toMatchObject({ parts: { 'gateway.quotas': 'ready' } })
  })
})

import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation, startMigratedParts } from '../support/installation.ts'
import type { Parts } from '../support/parts.ts'
import { type Program, startProgram } from '../support/program.ts'

/** Proxies on this machine are believed, so that the tests call from any address; and keys may be used from all of them. */
const settings = { SALLYPORT_TRUSTED_PROXIES: '127.0.0.1,::1', SALLYPORT_PICTURES_BIND_KEYS: 'false' }
const download = '/pictures/api/v1/download'
const demoKey = 'Demo_Key_SFA_Trial'

interface Call {
  readonly from: string
  readonly method?: string
  readonly path?: string
  readonly key?: string
  readonly json?: unknown
}

async function ask(door: string, { from, method = 'GET', path = download, key, json }: Call) {
  const answer = await fetch(door + path, {
    method,
    headers: {
      'x-forwarded-for': from,
      ...(key !== undefined && { 'x-api-key': key }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type')?.includes('json') === true
  const body: unknown = isJson ? JSON.parse(text) : undefined
  return { status: answer.status, headers: answer.headers, body }
}
type Answer = Awaited<ReturnType<typeof ask>>

function times(count: number, work: (index: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => work(index)))
}

function countOf(answers: readonly Answer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

let registered = 0
async function newKey(door: string): Promise<string> {
  registered += 1
  const email = `ada${registered}@example.org`
  const json = { 'First Name': 'Ada', 'Last Name': 'L', email, Password: 'pythonnn' }
  const { status, body } = await ask(door, {
    from: `10.1.0.${registered}`,
    method: 'POST',
    path: '/users/api/v1/register',
    json,
  })
  expect(status).toBe(200)
  return String(Reflect.get(Object(body), 'API Key'))
}

function expectTold({ status, headers, body }: Answer): void {
  expect([status, body]).toEqual([429, { message: expect.any(String) }])
  expect([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual(['80', '0'])
  // The day is used up as well, so the hour is not worth waiting for (S-46).
  expect(Number(headers.get('x-ratelimit-reset'))).toBeGreaterThan(Date.now() / 1000 + 85_000)
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(85_000)
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(86_400)
}

/** All that can be called without anybody being let in, each of which ends in its own way. */
const routes: readonly (Omit<Call, 'from'> & { readonly status: number })[] = [
  { path: download, status: 401 },
  { path: download, key: 'x'.repeat(40), status: 401 },
  { path: '/Pictures/api/v1/Download', key: demoKey, status: 200 },
  { path: '/pictures/api/v1/upload', method: 'POST', key: demoKey, status: 401 },
  { path: '/v1/pictures', status: 401 },
  { path: '/demo-key/api/v1/demo_key', status: 200 },
  { path: '/pictures/api/v1/demo_key', status: 200 },
  { path: '/users/api/v1/register', method: 'POST', json: {}, status: 422 },
  { path: '/gdpr/api/v1/gdpr1', method: 'POST', json: { email: 'nobody' }, status: 422 },
  { path: '/gdpr/api/v1/gdpr2', method: 'DELETE', json: { email: 'nobody@example.org', password: 'py' }, status: 401 },
]

describe('the 81st call', () => {
  let dataDirectory: string
  let program: Program
  let door: string
  let key: string
  beforeAll(async () => {
    dataDirectory = await makeInstallation()
    program = await startProgram(dataDirectory, settings)
    door = program.addresses.public
    key = await newKey(door)
  })
  afterAll(async () => {
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  })

  it('S-46 S-47 of an address is refused whatever was called, also in vain, when 100 come at once', async () => {
    const from = '192.0.2.1'
    const answers = await times(100, (index) => ask(door, { ...routes[index % routes.length], from }))
    const refused = answers.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(20)
    for (const [index, { status }] of answers.entries()) {
      if (status !== 429) expect(status).toBe(routes[index % routes.length]?.status)
    }
    for (const { path = '', method = 'GET', key, json } of routes) {
      const answer = await ask(door, { path, method, from, json, ...(key !== undefined && { key }) })
      expect(answer.status, path).toBe(429)
      if (path.startsWith('/v1/')) expect(answer.body).toMatchObject({ title: 'Too many requests' })
      else expectTold(answer)
    }
    // It has no key for others to lack.
    expect((await ask(door, { from: '192.0.2.2', key })).status).toBe(200)
  })

  it('S-46 S-F9 of a key is refused from wherever it comes, when 100 come at once', async () => {
    const one = await newKey(door)
    const answers = await times(100, (index) => ask(door, { from: `198.51.100.${index + 1}`, key: one }))
    expect(countOf(answers)).toEqual({ 200: 80, 429: 20 })
    for (const answer of answers.filter(({ status }) => status === 429)) expectTold(answer)
    const elsewhere = { from: '198.51.100.201', key: one }
    for (const call of [elsewhere, { ...elsewhere, path: '/v1/pictures' }]) {
      expect((await ask(door, call)).status).toBe(429)
    }
    expect((await ask(door, { from: '198.51.100.202', key })).status).toBe(200)
  })

  it('S-46 S-49 comes after the 80th, and every answer says what is left', async () => {
    const from = '192.0.2.3'
    for (let left = 79; left >= 0; left -= 1) {
      const { status, headers } = await ask(door, { from, path: '/demo-key/api/v1/demo_key' })
      expect([status, headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual([
        200,
        '80',
        String(left),
      ])
      expect(headers.get('retry-after')).toMatch(left > 0 ? /^0$/ : /^8[56]\d{3}$/)
    }
    expectTold(await ask(door, { from, path: '/demo-key/api/v1/demo_key' }))
  })

  it('S-48 S-4c of the demo key is that of its address', async () => {
    const answers = await times(100, () => ask(door, { from: '192.0.2.4', key: demoKey }))
    expect(countOf(answers)).toEqual({ 200: 80, 429: 20 })
    const others = await times(100, (index) => ask(door, { from: `203.0.113.${index + 1}`, key: demoKey }))
    expect(countOf(others)).toEqual({ 200: 100 })
  })

  it('S-46 is refused still when the program has started again', async () => {
    const one = await newKey(door)
    await times(80, (index) => ask(door, { from: `10.2.0.${index + 1}`, key: one }))
    await program.stop()
    program = await startProgram(dataDirectory, settings)
    door = program.addresses.public
    for (const from of ['192.0.2.1', '192.0.2.3', '192.0.2.4']) expectTold(await ask(door, { from, key: demoKey }))
    expectTold(await ask(door, { from: '10.2.0.200', key: one }))
    expect((await ask(door, { from: '10.2.0.201', key: demoKey })).status).toBe(200)
  })
})

describe('two gateways of one installation', () => {
  let parts: Parts
  beforeAll(async () => {
    parts = await startMigratedParts(['identity', 'pictures'], { settings })
  })
  afterAll(async () => {
    await parts.stop()
  })

  it('S-46 refuse the 81st call of an address and of a key together', async () => {
    const { public: another = '' } = await parts.serve('gateway', { SALLYPORT_INSTANCE: '2', SALLYPORT_PORT: '0' })
    const doors = [parts.door, another]
    const doorOf = (index: number): string => doors[index % 2] ?? expect.fail()
    const ofAddress = await times(100, (index) => ask(doorOf(index), { from: '192.0.2.9', key: demoKey }))
    expect(countOf(ofAddress)).toEqual({ 200: 80, 429: 20 })
    const key = await newKey(doorOf(0))
    const ofKey = await times(100, (index) => ask(doorOf(index), { from: `198.51.100.${index + 1}`, key }))
    expect(countOf(ofKey)).toEqual({ 200: 80, 429: 20 })
  })
})

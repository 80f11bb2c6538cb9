import { afterAll, beforeAll, expect, it } from 'vitest'
import { startMigratedParts } from '../support/installation.ts'
import { administratorPassword, type Parts, untilTold } from '../support/parts.ts'

/*
 * Three instances of enrollment, each a process of its own, behind one gateway.
 */

const names = ['enrollment.1', 'enrollment.2', 'enrollment.3']
const password = 'Correct-Horse7!'

let parts: Parts
let door: string
let urls: string[]
let registrar: string
let turing: string

beforeAll(async () => {
  parts = await startMigratedParts(['identity', 'enrollment'])
  const more: string[] = []
  for (const instance of ['2', '3']) {
    const settings = { SALLYPORT_INSTANCE: instance, SALLYPORT_PORT: '0' }
    more.push((await parts.serve('enrollment', settings))['enrollment'] ?? '')
  }
  urls = [parts.urlOf('enrollment'), ...more]
  const settings = { SALLYPORT_INSTANCE: '2', SALLYPORT_PORT: '0', SALLYPORT_URL_ENROLLMENT: urls.join() }
  door = (await parts.serve('gateway', settings))['public'] ?? ''
  await Promise.all([door, ...urls].map(untilTold))
  const admin = await signIn('admin', administratorPassword)
  registrar = await personWith('registrar', 'rita', admin)
  turing = await personWith('instructor', 'turing', admin)
})

afterAll(() => parts.stop())

interface Answer {
  readonly status: number
  readonly instance: string | null
  readonly body: unknown
}

async function ask(token: string, method: string, path: string, body?: unknown, at = door): Promise<Answer> {
  const reply = await fetch(`${at}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await reply.text()
  const parsed: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: reply.status, instance: reply.headers.get('x-instance'), body: parsed }
}

async function signIn(username: string, secret = password): Promise<string> {
  const body = new URLSearchParams({ username, password: secret })
  const reply = await fetch(`${door}/api/auth/token`, { method: 'POST', body })
  return String(Reflect.get(Object(await reply.json()), 'access_token'))
}

/** The token of somebody new with this role. */
async function personWith(role: string, username: string, admin: string): Promise<string> {
  const reply = await fetch(`${door}/api/auth/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, email: `${username}@example.org`, password }),
  })
  const uid = String(Reflect.get(Object(await reply.json()), 'uid'))
  const given = await fetch(`${door}/authy/role/${role}/users/${uid}`, {
    method: 'POST',
    headers: { 'x-access-token': admin },
  })
  expect(given.status).toBe(200)
  return signIn(username)
}

let sections = 0
async function newSection(capacity: number): Promise<number> {
  sections += 1
  const course = { department: 'CPSC', number: String(sections), title: 'Web Back-End' }
  const { body } = await ask(registrar, 'POST', '/courses', course)
  const course_id: unknown = Reflect.get(Object(body), 'id')
  const section = { course_id, section_number: 1, term: 'FA26', instructor: 'turing', capacity }
  const added = await ask(registrar, 'POST', '/sections', section)
  return Number(Reflect.get(Object(added.body), 'id'))
}

async function students(count: number, stem: string): Promise<string[]> {
  const admin = await signIn('admin', administratorPassword)
  const names = Array.from({ length: count }, (_, n) => `${stem}_${n}`)
  const tokens: string[] = []
  // Five at once: passwords take their time, and the door does not wait for an answer as long as all of theirs may take.
  for (let next = 0; next < count; next += 5) {
    const some = names.slice(next, next + 5)
    tokens.push(...(await Promise.all(some.map((name) => personWith('student', name, admin)))))
  }
  return tokens
}

it('T-1 E-40 take turns, whatever is asked of them, and can be asked directly', async () => {
  const id = await newSection(1)
  const paths = ['/sections', `/sections/${id}`, '/sections?available=true', '/sections/0']
  const turns: (string | null)[] = []
  for (let call = 0; call < 12; call += 1) {
    const { status, instance } = await ask(turing, 'GET', paths[call % paths.length] ?? '')
    expect(status).toBeLessThan(500)
    turns.push(instance)
  }
  for (let call = 0; call + 3 <= turns.length; call += 1)
    expect(new Set(turns.slice(call, call + 3))).toEqual(new Set(names))

  for (const [index, url] of urls.entries()) {
    expect(await ask(turing, 'GET', '/sections', undefined, url)).toMatchObject({ status: 200, instance: names[index] })
    const stranger = await fetch(`${url}/api/sections`, { headers: { 'x-user': 'turing', 'x-roles': 'instructor' } })
    expect(stranger.status).toBe(401)
    expect((await fetch(`${url}/health`)).status).toBe(200)
  }
})

it('T-9 E-59 a freeze by one is a freeze of all, also after a restart', async () => {
  const id = await newSection(1)
  const [ada = '', bob = ''] = await students(2, 'frost')
  for (const [token, index] of [
    [ada, 0],
    [bob, 1],
  ] as const) {
    expect((await ask(token, 'POST', `/sections/${id}/enrollments`, undefined, urls[index])).status).toBe(201)
  }
  await ask(registrar, 'PUT', '/auto-enrollment', { enabled: false }, urls[2])
  expect((await ask(ada, 'DELETE', `/sections/${id}/enrollments/frost_0`, undefined, urls[0])).status).toBe(204)
  expect((await ask(turing, 'GET', `/sections/${id}`)).body).toMatchObject({ enrolled: 0, waitlist_length: 1 })

  await parts.end('enrollment', 'SIGTERM')
  await parts.serve('enrollment')
  await untilTold(parts.urlOf('enrollment'))
  expect((await ask(registrar, 'GET', '/auto-enrollment', undefined, urls[0])).body).toEqual({ enabled: false })
  await ask(registrar, 'PUT', '/auto-enrollment', { enabled: true }, urls[0])
  expect((await ask(turing, 'GET', `/sections/${id}`, undefined, urls[1])).body).toMatchObject({
    enrolled: 1,
    waitlist_length: 0,
  })
})

it('T-10 E-62 fifty at once for ten seats: ten have one, fifteen wait, the others are refused', async () => {
  const id = await newSection(10)
  const tokens = await students(50, 'rush')
  const answers = await Promise.all(tokens.map((token) => ask(token, 'POST', `/sections/${id}/enrollments`)))
  expect(new Set(answers.map(({ instance }) => instance))).toEqual(new Set(names))
  const ends = answers.map(({ status, body }) => {
    const { status: state, position }: Record<string, unknown> = Object(body)
    return status === 201 ? (position ?? state) : status
  })
  expect(ends.filter((end) => end === 'enrolled')).toHaveLength(10)
  expect(ends.filter((end) => end === 409)).toHaveLength(25)
  const positions = ends.filter((end) => typeof end === 'number' && end !== 409)
  expect(positions.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 15 }, (_, n) => n + 1))
})

it('T-12 E-10 enrollment works while identity is down, for whoever has a token', async () => {
  const id = await newSection(1)
  const [ada = ''] = await students(1, 'alone')
  await parts.end('identity', 'SIGKILL')
  expect((await ask(ada, 'POST', `/sections/${id}/enrollments`)).status).toBe(201)
  expect((await ask(turing, 'DELETE', `/sections/${id}/enrollments/alone_0`)).status).toBe(204)
  for (const url of urls) expect((await fetch(`${url}/health`)).status).toBe(200)
})

import { randomBytes } from 'node:crypto'
import { openDatabase } from '@sallyport/database'
import { expect } from 'vitest'
import { type Cluster, administratorPassword } from '../support/cluster.ts'

export const password = 'correct horse 7'

/** `npm run test:cluster` asks for a hundred. */
export const rounds = Number(process.env['SALLYPORT_CLUSTER_ROUNDS'] ?? 3)

/** For a test that does something in each of them. */
export const roundsLimitMs = 60_000 + rounds * 10_000

export type Role = 'student' | 'instructor' | 'registrar'

export interface Person {
  readonly username: string
  readonly token: string
}

export interface Answer {
  readonly status: number
  /** Which instance of enrollment has answered. */
  readonly instance: string | null
  /** Which copy of the database has decided a login. */
  readonly replica: string | null
  readonly retryAfter: string | null
  readonly body: Readonly<Record<string, unknown>>
}

/** The people of a university and what they ask of a cluster. */
export interface Campus {
  /** One request with a token, at the public door or at another address. The path follows `/api`. */
  ask(who: Person, method: string, path: string, json?: unknown, at?: string): Promise<Answer>
  register(username?: string): Promise<Answer>
  logIn(username: string, secret?: string): Promise<Answer>
  personWith(...roles: readonly Role[]): Promise<Person>
  /** Students, with a few registered at once. */
  students(count: number): Promise<Person[]>
  /** A section of its own course. */
  newSection(registrar: Person, instructor: Person, capacity: number): Promise<number>
}

export function newName(stem = 'ada'): string {
  return `${stem}.${randomBytes(8).toString('hex')}`
}

export function openCampus({ door }: Pick<Cluster, 'door'>): Campus {
  let administrator: Promise<string> | undefined
  let courses = 0

  const post = (path: string, json: unknown, token?: string) => call(`${door}/api${path}`, 'POST', { json, token })
  const logIn: Campus['logIn'] = (username, secret = password) => post('/login', { username, password: secret })

  async function personWith(...roles: readonly Role[]): Promise<Person> {
    const username = newName(roles[0])
    const token = roles.every((role) => role === 'student')
      ? undefined
      : await (administrator ??= signInAdministrator())
    const registered = await post('/users', { username, password, roles }, token)
    expect(registered).toMatchObject({ status: 201 })
    return { username, token: textOf(await logIn(username), 'access_token') }
  }

  /** The tokens of logins are good at enrollment alone. */
  async function signInAdministrator(): Promise<string> {
    const form = new URLSearchParams({ username: 'admin', password: administratorPassword })
    return textOf(await call(`${door}/api/auth/token`, 'POST', { form }), 'access_token')
  }

  return {
    logIn,
    personWith,
    ask: (who, method, path, json, at = door) => call(`${at}/api${path}`, method, { json, token: who.token }),
    register: (username = newName()) => post('/users', { username, password, roles: ['student'] }),
    async students(count) {
      const found: Person[] = []
      const one = async (): Promise<void> => {
        while (found.length < count) {
          const place = found.push({ username: '', token: '' }) - 1
          found[place] = await personWith('student')
        }
      }
      await Promise.all(Array.from({ length: 4 }, one))
      return found
    },
    async newSection(registrar, { username: instructor }, capacity) {
      courses += 1
      const course = { department: 'CPSC', number: String(courses), title: 'Web Back-End' }
      const token = registrar.token
      const { body } = await post('/courses', course, token)
      const section = { course_id: body['id'], section_number: 1, term: 'FA26', instructor, capacity }
      const added = await post('/sections', section, token)
      expect(added).toMatchObject({ status: 201 })
      return Number(added.body['id'])
    },
  }
}

export function textOf({ status, body }: Answer, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw new TypeError(`no ${name} in ${status} ${JSON.stringify(body)}`)
  return value
}

/** How often each of them is there. */
export function tally(values: readonly (string | null)[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value ?? 'nobody'] = (counts[value ?? 'nobody'] ?? 0) + 1
  return counts
}

/** Does something so often, one after the other. */
export async function inTurn<Result>(times: number, work: (turn: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let turn = 0; turn < times; turn += 1) results.push(await work(turn))
  return results
}

/** The `value` of the first row that a database answers with. */
export async function query(url: string, statement: string, values: readonly unknown[] = []): Promise<unknown> {
  const database = openDatabase<Record<string, never>>({ service: 'test', connection: { url } })
  try {
    const { rows } = await database.pool.query<{ value: unknown }>(statement, [...values])
    return rows[0]?.value
  } finally {
    await database.close()
  }
}

async function call(
  url: string,
  method: string,
  {
    json,
    form,
    token,
  }: { readonly json?: unknown; readonly form?: URLSearchParams; readonly token?: string | undefined },
): Promise<Answer> {
  const reply = await fetch(url, {
    method,
    headers: {
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
    ...(form && { body: form }),
  })
  const text = await reply.text()
  const body: Record<string, unknown> = Object(text === '' ? {} : JSON.parse(text))
  return {
    status: reply.status,
    instance: reply.headers.get('x-instance'),
    replica: reply.headers.get('x-replica'),
    retryAfter: reply.headers.get('retry-after'),
    body,
  }
}

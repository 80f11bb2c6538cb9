import { wholeScope } from '@sallyport/contracts'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, type Clock, idOf as derivedId, newId, systemClock } from '@sallyport/kernel'
import type { Authentication, Service } from '@sallyport/service'
import { type Logger, pino } from 'pino'
import { buildEnrollment } from '../src/enrollment.ts'
import { type EnrollmentDatabase, migrations } from '../src/enrollment-database.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export type Role = 'student' | 'instructor' | 'registrar'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** Asks as somebody; `''` is nobody. */
export type Ask = (who: string, method: Method, path: string, body?: unknown) => Promise<Answer>

export interface TestEnrollment {
  readonly test: TestDatabase<EnrollmentDatabase>
  readonly service: Service
  readonly ask: Ask
  /** One more instance, with connections of its own. */
  startAnother(name: string, log?: Logger): Promise<{ readonly service: Service; readonly ask: Ask }>
  /** A section that `turing` teaches; answers its id. */
  newSection(capacity: number, details?: Partial<SectionDetails>): Promise<number>
  /** The course of all these sections. */
  readonly course: number
  stop(): Promise<void>
}

interface SectionDetails {
  readonly course_id: number
  readonly section_number: number
  readonly term: string
  readonly instructor: string
}

/** The caller of a test's token: who, and with which roles. */
export function as(username: string, ...roles: readonly Role[]): string {
  return `${username} ${roles.join(',')}`
}

export const registrar = as('rita', 'registrar')
export const turing = as('turing', 'instructor')
export function student(name: string): string {
  return as(name, 'student')
}

/** Enrollment on a database of its own. */
export async function startEnrollment({ clock = systemClock }: { clock?: Clock } = {}): Promise<TestEnrollment> {
  const test = await createTestDatabase<EnrollmentDatabase>({ service: 'enrollment', migrations })
  const started: { service: Service; database: ServiceDatabase<EnrollmentDatabase> }[] = []

  const startAnother: TestEnrollment['startAnother'] = async (instance, log = pino({ level: 'silent' })) => {
    const database = openDatabase<EnrollmentDatabase>({ service: 'enrollment', connection: test.connection })
    const service = await buildEnrollment({ database, authentication, log, clock, instance })
    started.push({ service, database })
    await service.start()
    return { service, ask: asking(service) }
  }
  const { service, ask } = await startAnother('1')
  const course = idOf(
    await ask(registrar, 'POST', '/api/courses', { department: 'CPSC', number: '449', title: 'Web Back-End' }),
  )
  let sections = 0

  return {
    test,
    service,
    ask,
    startAnother,
    course,
    async newSection(capacity, details = {}) {
      sections += 1
      const section = {
        course_id: course,
        section_number: (sections % 999) + 1,
        term: `T${Math.floor(sections / 999)}`,
        instructor: 'turing',
        capacity,
      }
      return idOf(await ask(registrar, 'POST', '/api/sections', { ...section, ...details }))
    },
    async stop() {
      for (const { service, database } of started) {
        await service.stop()
        await database.close()
      }
      await test.drop()
    },
  }
}

function asking(service: Service): Ask {
  return async (who, method, path, body) => {
    const {
      status,
      headers,
      body: text,
    } = await service.inject({
      method,
      path,
      headers: {
        ...(who !== '' && { authorization: `Bearer ${who}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const parsed: unknown = text === '' ? undefined : JSON.parse(text)
    return { status, headers, body: parsed }
  }
}

/** The id of whoever has a name. */
export function uidOf(username: string): AccountId {
  return derivedId('person', username)
}

/** Stands in for identity, which signs the tokens: a test's token says in plain text who calls. */
const authentication: Authentication = {
  async account(authorization) {
    const [, username, roles = ''] = /^Bearer (.+) ([a-z,]*)$/.exec(authorization ?? '') ?? []
    if (username === undefined) return 'missing'
    return {
      kind: 'account',
      accountId: uidOf(username),
      sessionId: newId(),
      username,
      role: 'user',
      roles: roles.split(',').filter((role) => role !== ''),
      scopes: [wholeScope],
      expiresAt: Number.MAX_SAFE_INTEGER,
    }
  },
  service: async (authorization) =>
    authorization === 'Bearer identity' ? { kind: 'service', name: 'identity' } : 'missing',
}

/** The id of what an answer is about. */
export function idOf({ status, body }: Answer): number {
  const id: unknown = Reflect.get(Object(body), 'id')
  if (typeof id !== 'number') throw new TypeError(`no id in ${status} ${JSON.stringify(body)}`)
  return id
}

/** The code of a refusal, or undefined when it is none. */
export function codeOf({ body }: Pick<Answer, 'body'>): unknown {
  return Reflect.get(Object(Reflect.get(Object(body), 'error')), 'code')
}

/** How an attempt to enroll ended: `enrolled`, a position, or the code of a refusal. */
export function endOf({ status, body }: Answer): unknown {
  if (status !== 201) return codeOf({ body })
  const { status: state, position }: Record<string, unknown> = Object(body)
  return state === 'waitlisted' ? position : state
}

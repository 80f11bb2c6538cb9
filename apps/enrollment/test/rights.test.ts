import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Ask,
  as,
  codeOf,
  type Method,
  registrar,
  type Role,
  startEnrollment,
  student,
  type TestEnrollment,
  turing,
} from './test-enrollment.ts'

let app: TestEnrollment
let ask: Ask

beforeAll(async () => {
  app = await startEnrollment()
  ;({ ask } = app)
})
afterAll(() => app.stop())

/** The rows a to q, each with what its caller needs: `mei` is whoever calls. */
const rows: readonly {
  readonly row: string
  readonly method: Method
  readonly path: string
  readonly body?: unknown
  readonly roles: readonly Role[]
}[] = [
  { row: 'a', method: 'GET', path: '/sections', roles: ['student', 'instructor', 'registrar'] },
  { row: 'b', method: 'GET', path: '/sections/1', roles: ['student', 'instructor', 'registrar'] },
  { row: 'c', method: 'POST', path: '/sections/1/enrollments', roles: ['student'] },
  { row: 'd', method: 'DELETE', path: '/sections/1/enrollments/mei', roles: ['student', 'instructor'] },
  { row: 'e', method: 'GET', path: '/students/mei/enrollments', roles: ['student'] },
  { row: 'f', method: 'GET', path: '/students/mei/waitlists', roles: ['student'] },
  { row: 'g', method: 'GET', path: '/sections/1/waitlist/mei', roles: ['student', 'instructor'] },
  { row: 'h', method: 'DELETE', path: '/sections/1/waitlist/mei', roles: ['student'] },
  { row: 'i', method: 'GET', path: '/instructors/mei/sections', roles: ['instructor'] },
  { row: 'j', method: 'GET', path: '/sections/1/enrollments', roles: ['instructor'] },
  { row: 'k', method: 'GET', path: '/sections/1/drops', roles: ['instructor'] },
  { row: 'l', method: 'GET', path: '/sections/1/waitlist', roles: ['instructor'] },
  { row: 'm', method: 'POST', path: '/courses', roles: ['registrar'] },
  { row: 'n', method: 'POST', path: '/sections', roles: ['registrar'] },
  { row: 'o', method: 'DELETE', path: '/sections/1000000', roles: ['registrar'] },
  { row: 'p', method: 'PUT', path: '/sections/1/instructor', roles: ['registrar'] },
  { row: 'q (read)', method: 'GET', path: '/auto-enrollment', roles: ['registrar'] },
  { row: 'q (set)', method: 'PUT', path: '/auto-enrollment', body: { enabled: true }, roles: ['registrar'] },
]

describe.each(rows)('T-5 row $row', ({ method, path, body, roles }) => {
  const call = (...of: readonly Role[]) => ask(as('mei', ...of), method, `/api${path}`, body)

  it(`is open to ${roles.join(', ')} and to nobody else`, async () => {
    for (const role of ['student', 'instructor', 'registrar'] as const) {
      const { status, ...answer } = await call(role)
      const mayNot = status === 403 && message(answer) === 'your roles do not allow this'
      expect(!mayNot, `${role}: ${status}`).toBe(roles.includes(role))
    }
  })

  it('E-38 is open to whoever has one of these roles among others', async () => {
    expect(message(await call('student', 'instructor', 'registrar'))).not.toBe('your roles do not allow this')
  })

  it('E-47 is closed to whoever has no role, and to whoever has no token', async () => {
    expect(await call()).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    const { status, headers } = await ask('', method, `/api${path}`, body)
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer'])
  })
})

function message({ body }: { body: unknown }): unknown {
  return Reflect.get(Object(Reflect.get(Object(body), 'error')), 'message')
}

describe('T-6 E-47 ownership', () => {
  it.each(['X-User', 'x-user', 'X-Roles', 'x-roles'])('is nothing that the header %s says', async (name) => {
    const headers = { [name]: name.toLowerCase() === 'x-user' ? 'ada' : 'student' }
    const { status } = await app.service.inject({ method: 'GET', path: '/api/students/ada/enrollments', headers })
    expect(status).toBe(401)
    const authorization = `Bearer ${as('mallory', 'student')}`
    const asMallory = {
      method: 'GET',
      path: '/api/students/ada/enrollments',
      headers: { ...headers, authorization },
    } as const
    expect((await app.service.inject(asMallory)).status).toBe(403)
  })

  it('keeps a student from acting for another one, and from looking them up', async () => {
    const section = await app.newSection(1)
    for (const name of ['owner', 'queuer']) await ask(student(name), 'POST', `/api/sections/${section}/enrollments`)
    const mallory = student('mallory')
    for (const [method, path] of [
      ['DELETE', `/api/sections/${section}/enrollments/owner`],
      ['DELETE', `/api/sections/${section}/waitlist/queuer`],
      ['GET', `/api/sections/${section}/waitlist/queuer`],
      ['GET', '/api/students/owner/enrollments'],
      ['GET', '/api/students/queuer/waitlists'],
      ['GET', '/api/students/nobody/waitlists'],
      ['DELETE', '/api/sections/1000000/enrollments/owner'],
    ] as const) {
      expect(await ask(mallory, method, path), path).toMatchObject({
        status: 403,
        body: { error: { code: 'forbidden' } },
      })
    }
    expect((await ask(turing, 'GET', `/api/sections/${section}`)).body).toMatchObject({
      enrolled: 1,
      waitlist_length: 1,
    })
  })

  it('enrolls the caller, whatever a body says', async () => {
    const section = await app.newSection(1)
    const answer = await ask(student('caller'), 'POST', `/api/sections/${section}/enrollments`, { student: 'victim' })
    expect(answer.body).toEqual({ section_id: section, student: 'caller', status: 'enrolled' })
  })

  it('keeps an instructor from seeing and dropping in a section of somebody else', async () => {
    const section = await app.newSection(1)
    for (const name of ['owner', 'queuer']) await ask(student(name), 'POST', `/api/sections/${section}/enrollments`)
    const hopper = as('hopper', 'instructor')
    for (const [method, path] of [
      ['GET', '/enrollments'],
      ['GET', '/waitlist'],
      ['GET', '/drops'],
      ['GET', '/waitlist/queuer'],
      ['GET', '/waitlist/nobody'],
      ['DELETE', '/enrollments/owner'],
      ['DELETE', '/enrollments/nobody'],
    ] as const) {
      const answer = await ask(hopper, method, `/api/sections/${section}${path}`)
      expect(answer, path).toMatchObject({ status: 403, body: { error: { code: 'forbidden' } } })
    }
    expect((await ask(hopper, 'GET', '/api/instructors/turing/sections')).status).toBe(403)
  })

  it('E-54 goes from the old instructor to the new one at once', async () => {
    const section = await app.newSection(2)
    for (const name of ['one', 'two']) await ask(student(name), 'POST', `/api/sections/${section}/enrollments`)
    const changed = await ask(registrar, 'PUT', `/api/sections/${section}/instructor`, { username: 'Lovelace' })
    expect(changed).toMatchObject({ status: 200, body: { id: section, instructor: 'lovelace', enrolled: 2 } })
    const lovelace = as('lovelace', 'instructor')
    const statuses = async (who: string): Promise<number[]> => [
      (await ask(who, 'GET', `/api/sections/${section}/enrollments`)).status,
      (await ask(who, 'DELETE', `/api/sections/${section}/enrollments/one`)).status,
    ]
    expect(await statuses(turing)).toEqual([403, 403])
    expect(await statuses(lovelace)).toEqual([200, 204])
    expect((await ask(lovelace, 'GET', '/api/instructors/lovelace/sections')).body).toMatchObject({
      sections: [{ id: section }],
    })
  })

  it('gives the registrar no powers of students and instructors', async () => {
    const section = await app.newSection(1)
    await ask(student('sitter'), 'POST', `/api/sections/${section}/enrollments`)
    const everything = as('turing', 'registrar')
    expect((await ask(everything, 'GET', `/api/sections/${section}/enrollments`)).status).toBe(403)
    expect((await ask(everything, 'DELETE', `/api/sections/${section}/enrollments/sitter`)).status).toBe(403)
  })

  it('gives a student who is an instructor elsewhere no power over others', async () => {
    const section = await app.newSection(1)
    await ask(student('sitter'), 'POST', `/api/sections/${section}/enrollments`)
    const both = as('both', 'student', 'instructor')
    expect((await ask(both, 'DELETE', `/api/sections/${section}/enrollments/sitter`)).status).toBe(403)
  })

  it('is nobody’s whose user name no person here can have', async () => {
    const section = await app.newSection(5)
    await ask(student('kate'), 'POST', `/api/sections/${section}/enrollments`)
    for (const name of ['\u212Aate', 'ka', 'kate doe']) {
      const who = as(name, 'student')
      expect((await ask(who, 'POST', `/api/sections/${section}/enrollments`)).status, name).toBe(403)
      expect((await ask(who, 'GET', '/api/students/kate/enrollments')).status, name).toBe(403)
    }
    expect(codeOf(await ask(as('KATE', 'student'), 'POST', `/api/sections/${section}/enrollments`))).toBe(
      'already_enrolled',
    )
  })
})

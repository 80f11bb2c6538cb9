import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Ask,
  as,
  codeOf,
  registrar,
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

const course = { department: 'MATH', number: '150A', title: 'Calculus I' }
const section = () => ({ course_id: app.course, section_number: 900, term: 'FA26', instructor: 'turing', capacity: 30 })

describe('courses', () => {
  it('E-48 are added once', async () => {
    const added = await ask(registrar, 'POST', '/api/courses', course)
    const id: unknown = Reflect.get(Object(added.body), 'id')
    expect(added).toMatchObject({
      status: 201,
      body: { id, ...course },
      headers: { location: `/api/courses/${String(id)}` },
    })
    expect(await ask(registrar, 'POST', '/api/courses', { ...course, title: 'Another' })).toMatchObject({
      status: 409,
      body: { error: { code: 'duplicate_course' } },
    })
  })

  it.each([
    ['no department', { department: undefined }],
    ['a department of one letter', { department: 'M' }],
    ['a department of nine letters', { department: 'MATHEMATI' }],
    ['a department that is a number', { department: 42 }],
    ['no number', { number: undefined }],
    ['an empty number', { number: '' }],
    ['a number of eleven characters', { number: '12345678901' }],
    ['a number that is one', { number: 150 }],
    ['an empty title', { title: '' }],
    ['a title that is too long', { title: 'x'.repeat(121) }],
    ['a title of null', { title: null }],
    ['a title with the NUL character', { title: 'a\0b' }],
    ['a title with half a character', { title: 'a\ud800b' }],
    ['a field that nobody knows', { id: 7 }],
    ['a field of every object', { constructor: 1 }],
  ])('E-48 E-50 are not added with %s', async (_what, change) => {
    const body = { ...course, number: 'X', ...change }
    expect(await ask(registrar, 'POST', '/api/courses', body)).toMatchObject({
      status: 422,
      body: { error: { code: 'invalid' } },
    })
  })

  it('E-48 count characters as people do', async () => {
    const title = '🎓'.repeat(120)
    expect((await ask(registrar, 'POST', '/api/courses', { ...course, number: '🎓', title })).body).toMatchObject({
      title,
    })
  })

  it('E-50 names field and rule', async () => {
    const body = { ...course, number: 7, extra: 1 }
    expect((await ask(registrar, 'POST', '/api/courses', body)).body).toEqual({
      error: { code: 'invalid', message: 'extra: is not known here; number: must be string' },
    })
  })
})

describe('sections', () => {
  it('E-48 E-49 are added once', async () => {
    const added = await ask(registrar, 'POST', '/api/sections', { ...section(), instructor: 'Turing' })
    const id: unknown = Reflect.get(Object(added.body), 'id')
    expect(added).toMatchObject({ status: 201, headers: { location: `/api/sections/${String(id)}` } })
    expect(added.body).toEqual({
      id,
      course: { id: app.course, department: 'CPSC', number: '449', title: 'Web Back-End' },
      section_number: 900,
      term: 'FA26',
      instructor: 'turing',
      capacity: 30,
      enrolled: 0,
      seats_available: 30,
      waitlist_length: 0,
      waitlist_capacity: 15,
      status: 'open',
    })
    expect((await ask(student('ada'), 'GET', `/api/sections/${String(id)}`)).body).toEqual(added.body)
    expect(await ask(registrar, 'POST', '/api/sections', section())).toMatchObject({
      status: 409,
      body: { error: { code: 'duplicate_section' } },
    })
    expect((await ask(registrar, 'POST', '/api/sections', { ...section(), term: 'SP27' })).status).toBe(201)
  })

  it.each([1_000_000, 2_147_483_648, Number.MAX_SAFE_INTEGER])('E-50 need a course: %d is none', async (course_id) => {
    expect(await ask(registrar, 'POST', '/api/sections', { ...section(), course_id })).toMatchObject({
      status: 404,
      body: { error: { code: 'unknown_course' } },
    })
  })

  it.each([
    ['a course of text', { course_id: '1' }],
    ['a course of zero', { course_id: 0 }],
    ['a number of zero', { section_number: 0 }],
    ['a number of a thousand', { section_number: 1000 }],
    ['half a number', { section_number: 1.5 }],
    ['no term', { term: '' }],
    ['a term that is too long', { term: 'x'.repeat(17) }],
    ['no instructor', { instructor: undefined }],
    ['an instructor by e-mail', { instructor: 'turing@example.org' }],
    ['an instructor by UUID', { instructor: '6f1a3c6e-8f0b-4a53-9a3e-0c9b7f3f1d11' }],
    ['an instructor of two letters', { instructor: 'al' }],
    ['no capacity', { capacity: 0 }],
    ['a capacity above a thousand', { capacity: 1001 }],
    ['a capacity of text', { capacity: '30' }],
    ['a capacity that is no number', { capacity: true }],
    ['a field that nobody knows', { enrolled: 3 }],
  ])('E-48 E-52 are not added with %s', async (_what, change) => {
    const answer = await ask(registrar, 'POST', '/api/sections', { ...section(), section_number: 901, ...change })
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'invalid' } } })
  })

  it('E-12 take any well-formed instructor, E-54 also as the new one', async () => {
    const id = await app.newSection(1, { instructor: 'nobody.knows' })
    const put = (body: unknown) => ask(registrar, 'PUT', `/api/sections/${id}/instructor`, body)
    expect((await put({ username: 'nor+this_one' })).status).toBe(200)
    for (const body of [{}, { username: 'x' }, { username: 7 }, { username: 'abc', x: 1 }, [], 'abc']) {
      expect((await put(body)).status, JSON.stringify(body)).toBe(body === 'abc' ? 400 : 422)
    }
  })

  it.each([
    'available=yes',
    'available=',
    'available=1',
    'available=true&available=true',
    'avail=true',
    'available=true&x=1',
  ])('row a is refused with ?%s', async (query) =>
    expect((await ask(turing, 'GET', `/api/sections?${query}`)).status).toBe(422),
  )

  it('row a lists all without a query', async () => {
    const all = await ask(turing, 'GET', '/api/sections')
    expect((await ask(turing, 'GET', '/api/sections?available=false')).body).toEqual(all.body)
    expect((await ask(turing, 'GET', '/api/sections?available=true')).body).toEqual(all.body)
  })
})

describe('E-50 in the place of an id', () => {
  it.each(['0', '-1', '1.5', 'abc', '%00', '1e2', '9999999999', '99999999999999999999', '%F0%9F%8E%93', "1'or'1"])(
    '%s is unknown, not invalid',
    async (id) => {
      for (const [who, method, path] of [
        [turing, 'GET', ''],
        [turing, 'GET', '/enrollments'],
        [turing, 'GET', '/drops'],
        [turing, 'GET', '/waitlist'],
        [turing, 'GET', '/waitlist/ada'],
        [student('ada'), 'GET', '/waitlist/ada'],
        [student('ada'), 'POST', '/enrollments'],
        [student('ada'), 'DELETE', '/enrollments/ada'],
        [student('ada'), 'DELETE', '/waitlist/ada'],
        [registrar, 'DELETE', ''],
      ] as const) {
        expect(codeOf(await ask(who, method, `/api/sections/${id}${path}`)), `${method} ${path}`).toBe(
          'unknown_section',
        )
      }
    },
  )

  it.each(['%00', 'no%20name', '%F0%9F%8E%93', 'x'.repeat(200)])('nobody is called %s', async (name) => {
    const id = await app.newSection(1)
    expect(codeOf(await ask(turing, 'GET', `/api/sections/${id}/waitlist/${name}`))).toBe('not_waiting')
    expect(codeOf(await ask(turing, 'DELETE', `/api/sections/${id}/enrollments/${name}`))).toBe('not_enrolled')
    expect((await ask(student('ada'), 'GET', `/api/students/${name}/enrollments`)).status).toBe(403)
  })
})

describe('automatic enrollment', () => {
  it.each([{}, { enabled: 'true' }, { enabled: 1 }, { enabled: null }, { enabled: true, x: 1 }, [true], null])(
    'row q is not set by %j',
    async (body) => expect((await ask(registrar, 'PUT', '/api/auto-enrollment', body)).status).toBe(422),
  )
})

describe('E-50 every error', () => {
  const shape = { error: { code: expect.stringMatching(/^[a-z]+(?:_[a-z]+)*$/), message: expect.any(String) } }

  it.each([
    [400, registrar, 'POST', '/api/courses', '{"department":'],
    [401, '', 'GET', '/api/sections', undefined],
    [403, as('ada'), 'GET', '/api/sections', undefined],
    [404, registrar, 'GET', '/api/sections/1/seats', undefined],
    [404, registrar, 'GET', '/api/courses/1/x', undefined],
    [404, registrar, 'GET', '/api/students', undefined],
    [404, registrar, 'GET', '/elsewhere', undefined],
    [405, registrar, 'PUT', '/api/sections/1', {}],
    [413, registrar, 'POST', '/api/courses', { ...course, title: 'x'.repeat(65_536) }],
    [422, registrar, 'POST', '/api/courses', {}],
  ] as const)('%d has this shape', async (status, who, method, path, body) => {
    expect(await ask(who, method, path, body)).toMatchObject({ status, body: shape })
  })

  it('E-31 tells the methods of a path', async () => {
    expect((await ask(registrar, 'PUT', '/api/sections/1')).headers['allow']).toBe('GET, DELETE')
  })

  it('E-38 a role comes before what a body says', async () => {
    expect((await ask(turing, 'POST', '/api/courses', { nonsense: 1 })).status).toBe(403)
  })
})

describe('E-50 a body', () => {
  it.each([
    ['', 'none'],
    ['department=MATH', 'a form'],
  ])('%j is no JSON: %s', async (body) => {
    for (const [method, path] of [
      ['POST', '/api/courses'],
      ['POST', '/api/sections'],
      ['PUT', '/api/auto-enrollment'],
    ] as const) {
      expect(await ask(registrar, method, path, body)).toMatchObject({
        status: 400,
        body: { error: { code: 'malformed_json' } },
      })
    }
  })

  it('is read as JSON whatever it says it is', async () => {
    const headers = { authorization: `Bearer ${registrar}`, 'content-type': 'text/plain' }
    const answer = await app.service.inject({
      method: 'PUT',
      path: '/api/auto-enrollment',
      headers,
      body: '{"enabled": true}',
    })
    expect([answer.status, answer.body]).toEqual([200, '{"enabled":true}'])
  })
})

describe('E-3 E-30 at its own port a service takes its paths without /api, too', () => {
  it('and asks for the same rights', async () => {
    const id = await app.newSection(1)
    expect(await ask(student('ada'), 'GET', `/sections/${id}?x=1`)).toMatchObject({ status: 200, body: { id } })
    expect(await ask(student('ada'), 'POST', `/sections/${id}/enrollments`)).toMatchObject({ status: 201 })
    expect(await ask(student('ada'), 'GET', '/students/ada/enrollments')).toMatchObject({ status: 200 })
    expect(await ask(student('ada'), 'GET', '/students/turing/enrollments')).toMatchObject({ status: 403 })
    expect(await ask(turing, 'GET', '/instructors/turing/sections')).toMatchObject({ status: 200 })
    expect(await ask(registrar, 'GET', '/auto-enrollment')).toMatchObject({ status: 200 })
    expect(await ask(registrar, 'GET', '/sections?available=perhaps')).toMatchObject({ status: 422 })
    expect(await ask('', 'GET', '/sections')).toMatchObject({ status: 401 })
    expect(await ask(student('ada'), 'POST', '/courses', course)).toMatchObject({ status: 403 })
    expect((await ask(registrar, 'PATCH', '/sections')).headers['allow']).toBe('GET, POST')
  })
})

describe('E-6 E-7 an instance', () => {
  it('says its name with every answer, and logs one line for each request', async () => {
    const lines: Record<string, unknown>[] = []
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
    const { service } = await app.startAnother('7', log)
    for (const [path, status] of [
      ['/api/sections?available=true', 401],
      ['/api/nowhere', 404],
      ['/api/sections/%zz', 404],
      ['/health', 200],
    ] as const) {
      const answer = await service.inject({ method: 'GET', path, headers: { authorization: 'secret' } })
      expect([answer.status, answer.headers['x-instance']], path).toEqual([status, 'enrollment.7'])
    }
    expect(lines.filter(({ msg }) => msg === 'request')).toMatchObject([
      { instance: 'enrollment.7', method: 'GET', path: '/api/sections', status: 401 },
      { instance: 'enrollment.7', method: 'GET', path: '/api/nowhere', status: 404 },
      { instance: 'enrollment.7', method: 'GET', path: '/api/sections/%zz', status: 404 },
      { instance: 'enrollment.7', method: 'GET', path: '/health', status: 200 },
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })
})

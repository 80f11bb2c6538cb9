import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Ask,
  as,
  codeOf,
  endOf,
  registrar,
  startEnrollment,
  student,
  type TestEnrollment,
  turing,
} from './test-enrollment.ts'

let app: TestEnrollment
let ask: Ask
let now = new Date('2026-08-24T08:00:00.000Z')

beforeAll(async () => {
  app = await startEnrollment({ clock: { now: () => now } })
  ;({ ask } = app)
})
afterAll(() => app.stop())

function enroll(name: string, section: number) {
  return ask(student(name), 'POST', `/api/sections/${section}/enrollments`)
}

function drop(who: string, section: number, name: string) {
  return ask(who, 'DELETE', `/api/sections/${section}/enrollments/${name}`)
}

function leave(name: string, section: number) {
  return ask(student(name), 'DELETE', `/api/sections/${section}/waitlist/${name}`)
}

async function waitlistOf(section: number): Promise<unknown[]> {
  const { body } = await ask(turing, 'GET', `/api/sections/${section}/waitlist`)
  const list: unknown = Reflect.get(Object(body), 'waitlist')
  if (!Array.isArray(list)) throw new TypeError('no list')
  return list.map((entry) => `${Reflect.get(Object(entry), 'position')} ${Reflect.get(Object(entry), 'student')}`)
}

async function enrolledIn(section: number): Promise<unknown> {
  const { body } = await ask(turing, 'GET', `/api/sections/${section}/enrollments`)
  const list: unknown = Reflect.get(Object(body), 'enrollments')
  return Array.isArray(list) ? list.map((entry): unknown => Reflect.get(Object(entry), 'student')) : list
}

async function dropsOf(section: number): Promise<unknown> {
  const { body } = await ask(turing, 'GET', `/api/sections/${section}/drops`)
  return Reflect.get(Object(body), 'drops')
}

function setAutomatic(enabled: boolean) {
  return ask(registrar, 'PUT', '/api/auto-enrollment', { enabled })
}

const numbered = (count: number, stem: string): string[] => Array.from({ length: count }, (_, n) => `${stem}${n + 1}`)

describe('T-7 enrolling', () => {
  it('E-55 gives seats while there are any, then places at the end of the list, and E-56 refuses the eighteenth', async () => {
    const section = await app.newSection(2)
    const ends: unknown[] = []
    for (const name of numbered(18, 'fill')) ends.push(endOf(await enroll(name, section)))
    expect(ends).toEqual(['enrolled', 'enrolled', ...numbered(15, '').map(Number), 'waitlist_full'])
    expect((await ask(turing, 'GET', `/api/sections/${section}`)).body).toMatchObject({
      capacity: 2,
      enrolled: 2,
      seats_available: 0,
      waitlist_length: 15,
      waitlist_capacity: 15,
      status: 'full',
    })
  })

  it('says where the seat or the place is', async () => {
    const section = await app.newSection(1)
    const seat = await enroll('Loc1', section)
    expect(seat).toMatchObject({
      status: 201,
      body: { section_id: section, student: 'loc1', status: 'enrolled' },
      headers: { location: `/api/sections/${section}/enrollments/loc1` },
    })
    const place = await enroll('loc2', section)
    expect(place).toMatchObject({
      status: 201,
      body: { section_id: section, student: 'loc2', status: 'waitlisted', position: 1 },
      headers: { location: `/api/sections/${section}/waitlist/loc2` },
    })
    expect((await ask(student('loc2'), 'GET', `/api/sections/${section}/waitlist/loc2`)).body).toEqual({
      section_id: section,
      student: 'loc2',
      position: 1,
    })
  })

  it('E-56 refuses who is there already, before it looks at limits', async () => {
    const section = await app.newSection(1)
    for (const name of numbered(16, 'twice')) await enroll(name, section)
    expect(codeOf(await enroll('twice1', section))).toBe('already_enrolled')
    expect(codeOf(await enroll('twice16', section))).toBe('already_waitlisted')
    expect(codeOf(await enroll('nobody', 2_000_000_000))).toBe('unknown_section')
  })

  it('E-56 lets nobody onto a fourth list, but into every section with a free seat; a full list is told of first', async () => {
    const full = await Promise.all([1, 1, 1, 1, 1].map((capacity) => app.newSection(capacity)))
    for (const section of full) await enroll('sitter', section)
    const [one = 0, two = 0, three = 0, four = 0, five = 0] = full
    for (const section of [one, two, three]) expect(endOf(await enroll('joiner', section))).toBe(1)
    expect(codeOf(await enroll('joiner', four))).toBe('waitlist_limit')
    for (const name of numbered(15, 'crowd')) await enroll(name, five)
    expect(codeOf(await enroll('joiner', five))).toBe('waitlist_full')
    expect(endOf(await enroll('joiner', await app.newSection(1)))).toBe('enrolled')
    expect((await leave('joiner', two)).status).toBe(204)
    expect(endOf(await enroll('joiner', four))).toBe(1)
  })

  it('E-57 moves everybody up who waits behind one who leaves', async () => {
    const section = await app.newSection(1)
    for (const name of ['seat', ...numbered(15, 'wait')]) await enroll(name, section)
    expect((await leave('wait5', section)).status).toBe(204)
    expect(codeOf(await leave('wait5', section))).toBe('not_waiting')
    const left = numbered(15, 'wait').filter((name) => name !== 'wait5')
    expect(await waitlistOf(section)).toEqual(left.map((name, index) => `${index + 1} ${name}`))
    expect((await ask(student('wait6'), 'GET', `/api/sections/${section}/waitlist/wait6`)).body).toMatchObject({
      position: 5,
    })
    expect(endOf(await enroll('wait5', section))).toBe(15)
  })

  it('E-57 keeps the order of joining when the clock goes back', async () => {
    const section = await app.newSection(1)
    for (const name of ['seat', 'first']) await enroll(name, section)
    now = new Date(now.getTime() - 60_000)
    await enroll('second', section)
    expect(await waitlistOf(section)).toEqual(['1 first', '2 second'])
  })
})

describe('T-8 dropping', () => {
  it('E-58 gives the seat to whoever waits first, who leaves that list alone', async () => {
    const [section, other] = [await app.newSection(1), await app.newSection(1)]
    for (const name of ['dora', 'next', 'later']) await enroll(name, section)
    await enroll('dora', other)
    await enroll('next', other)
    expect((await drop(student('dora'), section, 'dora')).status).toBe(204)
    expect(await enrolledIn(section)).toEqual(['next'])
    expect(await waitlistOf(section)).toEqual(['1 later'])
    expect(await waitlistOf(other)).toEqual(['1 next'])
  })

  it('E-53 E-60 tells by whom, and again after a second drop; who is back is not among the drops', async () => {
    const section = await app.newSection(3)
    await enroll('again', section)
    await enroll('thrown', section)
    now = new Date('2026-08-24T09:00:00.000Z')
    await drop(student('again'), section, 'again')
    now = new Date('2026-08-24T09:00:01.000Z')
    await drop(turing, section, 'thrown')
    expect(await dropsOf(section)).toEqual([
      { student: 'again', dropped_at: '2026-08-24T09:00:00.000Z', dropped_by: 'student' },
      { student: 'thrown', dropped_at: '2026-08-24T09:00:01.000Z', dropped_by: 'instructor' },
    ])
    expect(endOf(await enroll('again', section))).toBe('enrolled')
    expect(await dropsOf(section)).toMatchObject([{ student: 'thrown' }])
    now = new Date('2026-08-24T09:00:02.000Z')
    expect((await drop(turing, section, 'again')).status).toBe(204)
    expect(await dropsOf(section)).toMatchObject([
      { student: 'thrown' },
      { student: 'again', dropped_by: 'instructor' },
    ])
  })

  it('E-53 finds nothing to drop of who waits, is unknown, or has dropped already', async () => {
    const section = await app.newSection(1)
    for (const name of ['here', 'waiter']) await enroll(name, section)
    expect(await drop(student('waiter'), section, 'waiter')).toMatchObject({ status: 404 })
    expect(await drop(turing, section, 'waiter')).toMatchObject({ status: 404 })
    expect(codeOf(await drop(turing, section, 'stranger'))).toBe('not_enrolled')
    expect(codeOf(await drop(turing, section, 'no such name!'.replaceAll(' ', '%20')))).toBe('not_enrolled')
    expect((await drop(turing, section, 'here')).status).toBe(204)
    expect(codeOf(await drop(turing, section, 'here'))).toBe('not_enrolled')
    expect(codeOf(await drop(turing, 2_000_000_000, 'here'))).toBe('unknown_section')
  })

  it('E-53 is by the student when somebody who teaches the section drops an own seat', async () => {
    const both = as('both', 'student', 'instructor')
    const section = await app.newSection(1, { instructor: 'both' })
    await ask(both, 'POST', `/api/sections/${section}/enrollments`)
    expect((await drop(both, section, 'both')).status).toBe(204)
    expect((await ask(both, 'GET', `/api/sections/${section}/drops`)).body).toMatchObject({
      drops: [{ student: 'both', dropped_by: 'student' }],
    })
  })

  it('E-60 does not count leaving a list as a drop', async () => {
    const section = await app.newSection(1)
    for (const name of ['sits', 'leaves']) await enroll(name, section)
    await leave('leaves', section)
    expect(await dropsOf(section)).toEqual([])
  })
})

describe('T-9 frozen automatic enrollment', () => {
  it('E-59 promotes nobody, E-55 sends newcomers to the end, and everything in order once it is resumed', async () => {
    const other = await app.startAnother('2')
    const section = await app.newSection(3)
    for (const name of ['a-1', 'a-2', 'a-3', 'w-1', 'w-2']) await enroll(name, section)
    const untouched = await app.newSection(1)
    for (const name of ['u-1', 'u-2']) await enroll(name, untouched)
    expect(await setAutomatic(false)).toMatchObject({ status: 200, body: { enabled: false } })
    expect((await other.ask(registrar, 'GET', '/api/auto-enrollment')).body).toEqual({ enabled: false })

    for (const name of ['a-1', 'a-3', 'a-2']) {
      expect((await other.ask(student(name), 'DELETE', `/api/sections/${section}/enrollments/${name}`)).status).toBe(
        204,
      )
    }
    expect(await enrolledIn(section)).toEqual([])
    expect(endOf(await enroll('w-3', section))).toBe(3)
    expect(endOf(await enroll('w-4', section))).toBe(4)
    expect((await ask(turing, 'GET', `/api/sections/${section}`)).body).toMatchObject({
      seats_available: 3,
      waitlist_length: 4,
      status: 'waitlist',
    })
    const free = await app.newSection(1)
    expect(endOf(await enroll('w-9', free))).toBe('enrolled')
    await leave('w-2', section)

    expect(await setAutomatic(false)).toMatchObject({ status: 200 })
    expect(await enrolledIn(section)).toEqual([])
    const third = await app.startAnother('3')
    expect((await third.ask(registrar, 'GET', '/api/auto-enrollment')).body).toEqual({ enabled: false })

    expect((await third.ask(registrar, 'PUT', '/api/auto-enrollment', { enabled: true })).body).toEqual({
      enabled: true,
    })
    expect(await enrolledIn(section)).toEqual(['w-1', 'w-3', 'w-4'])
    expect(await waitlistOf(section)).toEqual([])
    expect([await enrolledIn(untouched), await waitlistOf(untouched)]).toEqual([['u-1'], ['1 u-2']])
  })

  it('E-59 fills as many seats as are free, in the order of the list, and leaves the others waiting', async () => {
    const section = await app.newSection(2)
    for (const name of ['b-1', 'b-2', 'v-1', 'v-2', 'v-3']) await enroll(name, section)
    await setAutomatic(false)
    await drop(turing, section, 'b-1')
    await setAutomatic(true)
    expect(await enrolledIn(section)).toEqual(['b-2', 'v-1'])
    expect(await waitlistOf(section)).toEqual(['1 v-2', '2 v-3'])
    await setAutomatic(true)
    expect(await enrolledIn(section)).toEqual(['b-2', 'v-1'])
  })

  it('E-52 lists the same sections', async () => {
    const section = await app.newSection(1)
    for (const name of numbered(16, 'list')) await enroll(name, section)
    const available = async (): Promise<string> =>
      JSON.stringify((await ask(turing, 'GET', '/api/sections?available=true')).body)
    expect(await available()).not.toContain(`"id":${section},`)
    await leave('list16', section)
    const before = await available()
    expect(before).toContain(`"id":${section},`)
    await setAutomatic(false)
    expect(await available()).toBe(before)
    await setAutomatic(true)
  })
})

describe('T-15 a removed section', () => {
  it('E-54 is unknown everywhere, and off its students’ lists', async () => {
    const [section, other] = [await app.newSection(1), await app.newSection(1)]
    for (const name of ['r-1', 'r-2']) for (const id of [section, other]) await enroll(name, id)
    await drop(student('r-1'), section, 'r-1')
    await enroll('r-1', section)
    expect((await ask(registrar, 'DELETE', `/api/sections/${section}`)).status).toBe(204)
    for (const [who, method, path] of [
      [turing, 'GET', ''],
      [turing, 'GET', '/enrollments'],
      [turing, 'GET', '/waitlist'],
      [turing, 'GET', '/drops'],
      [turing, 'GET', '/waitlist/r-1'],
      [turing, 'DELETE', '/enrollments/r-2'],
      [student('r-1'), 'GET', '/waitlist/r-1'],
      [student('r-1'), 'DELETE', '/waitlist/r-1'],
      [student('r-1'), 'POST', '/enrollments'],
      [student('r-2'), 'DELETE', '/enrollments/r-2'],
      [registrar, 'DELETE', ''],
    ] as const) {
      expect(codeOf(await ask(who, method, `/api/sections/${section}${path}`)), `${method} ${path}`).toBe(
        'unknown_section',
      )
    }
    const instead = { username: 'other' }
    expect(codeOf(await ask(registrar, 'PUT', `/api/sections/${section}/instructor`, instead))).toBe('unknown_section')
    expect((await ask(student('r-2'), 'GET', '/api/students/r-2/enrollments')).body).toEqual({ enrollments: [] })
    expect((await ask(student('r-2'), 'GET', '/api/students/r-2/waitlists')).body).toMatchObject({
      waitlists: [{ section_id: other, position: 1 }],
    })
    expect((await ask(student('r-1'), 'GET', '/api/students/r-1/waitlists')).body).toEqual({ waitlists: [] })
  })
})

describe('students', () => {
  it('see their sections and lists, each with its place', async () => {
    now = new Date('2026-08-24T10:00:00.000Z')
    const [mine, full] = [await app.newSection(5), await app.newSection(1)]
    await enroll('other', full)
    await enroll('earlier', full)
    await enroll('seer', mine)
    await enroll('seer', full)
    expect((await ask(student('seer'), 'GET', '/api/students/Seer/enrollments')).body).toMatchObject({
      enrollments: [
        {
          section: { id: mine, enrolled: 1, status: 'open', course: { number: '449' } },
          enrolled_at: now.toISOString(),
        },
      ],
    })
    expect((await ask(student('seer'), 'GET', '/api/students/seer/waitlists')).body).toEqual({
      waitlists: [{ section_id: full, position: 2, joined_at: now.toISOString() }],
    })
    expect((await ask(student('newcomer'), 'GET', '/api/students/newcomer/waitlists')).body).toEqual({ waitlists: [] })
  })
})

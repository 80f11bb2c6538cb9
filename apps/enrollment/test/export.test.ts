import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportPersonalData } from '../src/privacy/export.ts'
import { registrar, startEnrollment, student, type TestEnrollment } from './test-enrollment.ts'

let enrollment: TestEnrollment
beforeAll(async () => {
  enrollment = await startEnrollment()
})
afterAll(() => enrollment.stop())

const dataOf = async (name: string) => (await exportPersonalData(enrollment.test.database.db, name)).sections
const since = expect.stringMatching(/^\d{4}-\d\d-\d\dT/)

describe('what enrollment holds of somebody', () => {
  it('is told to identity alone', async () => {
    const path = '/internal/enrollment/people/ada/data'
    for (const who of ['', registrar]) expect(await enrollment.ask(who, 'GET', path)).toMatchObject({ status: 401 })
    expect(await enrollment.ask('', 'GET', '/internal/enrollment/people/no%20name/data')).toMatchObject({ status: 401 })
  })

  it('is seats, places on lists, drops and what is taught, and nothing of who else takes part', async () => {
    const [seated, full, dropped] = [
      await enrollment.newSection(2),
      await enrollment.newSection(1),
      await enrollment.newSection(2),
    ]
    const taught = await enrollment.newSection(7, { instructor: 'ada' })
    const enroll = (name: string, id: number) =>
      enrollment.ask(student(name), 'POST', `/api/sections/${id}/enrollments`)
    for (const [name, id] of [
      ['grace', full],
      ['edsger', full],
      ['ada', full],
      ['ada', seated],
      ['grace', seated],
    ] as const)
      expect(await enroll(name, id)).toMatchObject({ status: 201 })
    await enroll('ada', dropped)
    await enrollment.ask(student('ada'), 'DELETE', `/api/sections/${dropped}/enrollments/ada`)
    const of = (section_id: number) => ({
      section_id,
      term: 'T0',
      department: 'CPSC',
      course_number: '449',
      section_number: expect.any(Number),
      title: 'Web Back-End',
    })
    const data = await dataOf('Ada')
    expect(data).toEqual({
      seats: [{ ...of(seated), since }],
      waiting: [{ ...of(full), position: 2, since }],
      dropped: [{ ...of(dropped), dropped_by: 'student', since }],
      taught: [{ ...of(taught), capacity: 7 }],
    })
    for (const foreign of ['grace', 'edsger', 'turing']) expect(JSON.stringify(data)).not.toContain(foreign)
    expect(await dataOf('nobody')).toEqual({ seats: [], waiting: [], dropped: [], taught: [] })
  })
})

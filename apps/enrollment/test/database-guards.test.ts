import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEnrollment, student, type TestEnrollment } from './test-enrollment.ts'

let app: TestEnrollment
beforeAll(async () => {
  app = await startEnrollment()
})
afterAll(() => app.stop())

const columns = 'section_id, student, state, since, capacity, seat, ticket, list_place, own_list, dropped_by'

function insert(section: number, capacity: number, rest: string): Promise<unknown> {
  const [name, ...values] = rest.split(',')
  const row = `${section}, ${name}, ${values[0]}, now(), ${capacity}, ${values.slice(1).join(',')}`
  return app.test.database.pool.query(`insert into placement (${columns}) values (${row})`)
}

const refused = /violates|duplicate key/

describe('E-62 the database itself refuses', () => {
  it.each([
    ['a seat beyond the capacity', `'x-1', 'enrolled', 3, null, null, null, null`],
    ['a seat of none', `'x-2', 'enrolled', 0, null, null, null, null`],
    ['a seat that is taken', `'x-3', 'enrolled', 1, null, null, null, null`],
    ['enrollment without a seat', `'x-4', 'enrolled', null, null, null, null, null`],
    ['a sixteenth place on a list', `'x-5', 'waiting', null, 1, 16, 1, null`],
    ['a fourth list', `'x-6', 'waiting', null, 1, 1, 4, null`],
    ['waiting without a ticket', `'x-7', 'waiting', null, null, 1, 1, null`],
    ['waiting with a seat', `'x-8', 'waiting', 2, 1, 1, 1, null`],
    ['a drop by nobody', `'x-9', 'dropped', null, null, null, null, null`],
    ['a drop by the registrar', `'x-10', 'dropped', null, null, null, null, 'registrar'`],
    ['a state that is none', `'x-11', 'auditing', null, null, null, null, null`],
    ['a student twice', `'sitter', 'enrolled', 2, null, null, null, null`],
    ['a name in capitals', `'Sitter', 'enrolled', 2, null, null, null, null`],
    ['an account’s id for a name', `'ada@example.org', 'enrolled', 2, null, null, null, null`],
  ])('%s', async (_what, rest) => {
    const section = await app.newSection(2)
    await app.ask(student('sitter'), 'POST', `/api/sections/${section}/enrollments`)
    await expect(insert(section, 2, rest)).rejects.toThrow(refused)
  })

  it('more seats than the section has, whatever the row says', async () => {
    const section = await app.newSection(2)
    await expect(insert(section, 3, `'y-1', 'enrolled', 3, null, null, null, null`)).rejects.toThrow(refused)
  })

  it('a student on the same list of three twice, and two students in one place', async () => {
    const [one, two] = [await app.newSection(1), await app.newSection(1)]
    await insert(one, 1, `'z-1', 'waiting', null, 1, 1, 1, null`)
    await expect(insert(two, 1, `'z-1', 'waiting', null, 1, 1, 1, null`)).rejects.toThrow(refused)
    await expect(insert(one, 1, `'z-2', 'waiting', null, 1, 2, 1, null`)).rejects.toThrow(refused)
    await expect(insert(one, 1, `'z-2', 'waiting', null, 2, 1, 1, null`)).rejects.toThrow(refused)
  })

  it('a second setting', async () => {
    const query = 'insert into automatic_enrollment (enabled) values (false)'
    await expect(app.test.database.pool.query(query)).rejects.toThrow(refused)
  })
})

import { newId } from '@sallyport/kernel'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { as, startEnrollment, student, type TestEnrollment, uidOf } from './test-enrollment.ts'

let enrollment: TestEnrollment
beforeAll(async () => {
  enrollment = await startEnrollment()
})
afterAll(() => enrollment.stop())

async function erase(username: string | undefined, id: string = newId(), uid: string = newId()) {
  const { status, body } = await enrollment.service.inject({
    method: 'PUT',
    path: `/internal/enrollment/erasures/${id}`,
    headers: { authorization: 'Bearer identity', 'content-type': 'application/json' },
    body: JSON.stringify({ uid, username, keep_uploads: false }),
  })
  const read: unknown = JSON.parse(body)
  return { status, body: read }
}
const enroll = (who: string, section: number) =>
  enrollment.ask(student(who), 'POST', `/api/sections/${section}/enrollments`)

/** Every row there is, as text. */
async function everything(): Promise<string> {
  const { rows } = await enrollment.test.database.pool.query(
    `select placement::text as row from placement union all select section::text from section
     union all select erased_person::text from erased_person union all select erasure::text from erasure`,
  )
  return rows.map(({ row }) => `${row}\n`).join('')
}
async function stateOf(section: number, who: string): Promise<unknown> {
  const { rows } = await enrollment.test.database.pool.query(
    'select state from placement where section_id = $1 and student = $2',
    [section, who],
  )
  return rows[0]?.state
}

describe('the erasure of a person', () => {
  it('E-58 gives their seats to who waits first, and takes them off lists', async () => {
    const [first, second] = [await enrollment.newSection(1), await enrollment.newSection(1)]
    for (const [who, section] of [
      ['ada.one', first],
      ['bob.one', first],
      ['cid.one', second],
      ['ada.one', second],
      ['bob.one', second],
    ] as const)
      expect((await enroll(who, section)).status).toBe(201)
    expect(await erase('Ada.One')).toEqual({
      status: 200,
      body: { removed: { seats: 1, 'waiting places': 1 }, anonymous: { 'past placements': 1, 'sections taught': 0 } },
    })
    expect([await stateOf(first, 'bob.one'), await stateOf(second, 'bob.one')]).toEqual(['enrolled', 'waiting'])
    expect(await everything()).not.toContain('ada.one')
  })

  it('leaves what they taught under a name that is nobody’s', async () => {
    const section = await enrollment.newSection(2, { instructor: 'hopper.g' })
    expect(await erase('hopper.g')).toMatchObject({ body: { anonymous: { 'sections taught': 1 } } })
    expect(await everything()).not.toContain('hopper.g')
    const { body } = await enrollment.ask(as('rita', 'registrar'), 'GET', `/api/sections/${section}`)
    expect(Reflect.get(Object(body), 'instructor')).toMatch(/^erased-[0-9a-f-]{36}$/)
  })

  it('is done with who comes back between two of the same, and with nobody', async () => {
    const [section, id] = [await enrollment.newSection(1), newId()]
    await enroll('eve.one', section)
    expect(await erase('eve.one', id)).toMatchObject({ body: { removed: { seats: 1 } } })
    await enroll('eve.one', section)
    expect(await erase('eve.one', id)).toMatchObject({ body: { removed: { seats: 2 } } })
    expect(await everything()).not.toContain('eve.one')
    expect((await erase('nobody.at.all')).status).toBe(200)
    expect(await erase(undefined)).toEqual({ status: 200, body: { removed: {}, anonymous: {} } })
  })

  it('waits for whoever is just being given a seat, and gives them none afterwards', async () => {
    const [section, uid] = [await enrollment.newSection(5), uidOf('slow.one')]
    const { pool } = enrollment.test.database
    const busy = await pool.connect()
    await busy.query('begin')
    await busy.query('select from section where id = $1 for update', [section])
    const waiting = async (kind: string) =>
      (
        await pool.query(
          `select from pg_locks where not granted and locktype = $1
           and pid in (select pid from pg_stat_activity where datname = current_database())`,
          [kind],
        )
      ).rowCount
    const enrolling = enroll('slow.one', section)
    await expect.poll(() => waiting('transactionid'), { timeout: 20_000 }).toBe(1)
    const erasing = erase('slow.one', newId(), uid)
    await expect.poll(() => waiting('advisory'), { timeout: 20_000 }).toBe(1)
    await busy.query('commit')
    busy.release()
    expect((await enrolling).status).toBe(201)
    expect(await erasing).toMatchObject({ status: 200, body: { removed: { seats: 1 } } })
    expect((await enroll('slow.one', section)).status).toBe(404)
    for (const trace of ['slow.one', uid]) expect(await everything()).not.toContain(trace)
    expect((await enroll('quick.one', section)).status).toBe(201)
  })

  it('leaves no seat to nobody when somebody is promoted at the same time', async () => {
    const sections = await Promise.all(Array.from({ length: 25 }, () => enrollment.newSection(1)))
    for (const [index, section] of sections.entries()) {
      await enroll(`first.${index}`, section)
      await enroll(`second.${index}`, section)
    }
    await Promise.all(
      sections.flatMap((section, index) => [
        enrollment.ask(student(`first.${index}`), 'DELETE', `/api/sections/${section}/enrollments/first.${index}`),
        erase(`second.${index}`),
      ]),
    )
    const { rows } = await enrollment.test.database.pool.query(
      `select student from placement where section_id = any ($1) and state <> 'dropped'`,
      [sections],
    )
    expect(rows).toEqual([])
  })

  it('keeps every seat taken once while others enroll and drop at the same time', async () => {
    const section = await enrollment.newSection(3)
    const names = Array.from({ length: 12 }, (_, index) => `race.${index}`)
    for (const name of names) await enroll(name, section)
    await Promise.all([
      ...names.slice(0, 4).map((name) => erase(name)),
      ...names
        .slice(4, 8)
        .map((name) => enrollment.ask(student(name), 'DELETE', `/api/sections/${section}/enrollments/${name}`)),
      ...['late.1', 'late.2', 'late.3'].map((name) => enroll(name, section)),
    ])
    const { rows } = await enrollment.test.database.pool.query(
      'select count(*)::int as seated, count(distinct seat)::int as seats from placement where section_id = $1 and seat is not null',
      [section],
    )
    expect(rows).toEqual([{ seated: 3, seats: 3 }])
    for (const name of names.slice(0, 4)) expect(await everything()).not.toContain(`,${name},`)
  })
})

import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ask, endOf, registrar, startEnrollment, student, type TestEnrollment, turing } from './test-enrollment.ts'

/*
 * Three instances with connections of their own, on one database. The locks behind this have tests of their own.
 */

let app: TestEnrollment
let instances: readonly Ask[]

beforeAll(async () => {
  app = await startEnrollment()
  instances = [app.ask, (await app.startAnother('2')).ask, (await app.startAnother('3')).ask]
})
afterAll(() => app.stop())

/** The instance whose turn it is. */
function at(turn: number): Ask {
  return instances[turn % instances.length] ?? app.ask
}

const rounds = Array.from({ length: 10 }, (_, round) => round)
const crowd = (count: number, stem: string): string[] => Array.from({ length: count }, (_, n) => `${stem}-${n}`)

function enrollAll(names: readonly string[], section: number) {
  return Promise.all(names.map((name, turn) => at(turn)(student(name), 'POST', `/api/sections/${section}/enrollments`)))
}

function dropAll(names: readonly string[], section: number) {
  return Promise.all(
    names.map((name, turn) => at(turn)(student(name), 'DELETE', `/api/sections/${section}/enrollments/${name}`)),
  )
}

async function countsOf(section: number): Promise<unknown> {
  const { body } = await app.ask(turing, 'GET', `/api/sections/${section}`)
  const { enrolled, waitlist_length }: Record<string, unknown> = Object(body)
  return [enrolled, waitlist_length]
}

async function positionsOf(section: number): Promise<readonly unknown[]> {
  const { body } = await app.ask(turing, 'GET', `/api/sections/${section}/waitlist`)
  const list: unknown = Reflect.get(Object(body), 'waitlist')
  if (!Array.isArray(list)) throw new TypeError('no list')
  return list.map((entry): unknown => Reflect.get(Object(entry), 'position'))
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1)

describe('T-10 E-62 in parallel over three instances', () => {
  it.each(rounds)(
    'fifty for ten seats: ten have one, fifteen wait at 1 to 15, the others are refused (%d)',
    async (round) => {
      const section = await app.newSection(10)
      const ends = (await enrollAll(crowd(50, `c${round}`), section)).map(endOf)
      expect(ends.filter((end) => end === 'enrolled')).toHaveLength(10)
      expect(ends.filter((end) => typeof end === 'number').sort((a, b) => a - b)).toEqual(upTo(15))
      expect(ends.filter((end) => end === 'waitlist_full')).toHaveLength(25)
      expect(await countsOf(section)).toEqual([10, 15])
      expect(await positionsOf(section)).toEqual(upTo(15))
    },
  )

  it.each(rounds)('one student for ten full sections: on exactly three lists (%d)', async (round) => {
    const sections = await Promise.all(Array.from({ length: 10 }, () => app.newSection(1)))
    for (const section of sections) await enrollAll(['sitter'], section)
    const joiner = `joiner-${round}`
    const answers = await Promise.all(
      sections.map((section, turn) => at(turn)(student(joiner), 'POST', `/api/sections/${section}/enrollments`)),
    )
    const ends = answers.map(endOf)
    expect(ends.filter((end) => end === 1)).toHaveLength(3)
    expect(ends.filter((end) => end === 'waitlist_limit')).toHaveLength(7)
    const { body } = await app.ask(student(joiner), 'GET', `/api/students/${joiner}/waitlists`)
    expect(Reflect.get(Object(body), 'waitlists')).toHaveLength(3)
  })

  it.each(rounds)('one student ten times for one section: once (%d)', async (round) => {
    const section = await app.newSection(5)
    const ends = (
      await enrollAll(
        Array.from({ length: 10 }, () => `same-${round}`),
        section,
      )
    ).map(endOf)
    expect(ends.filter((end) => end === 'enrolled')).toHaveLength(1)
    expect(ends.filter((end) => end === 'already_enrolled')).toHaveLength(9)
  })

  it.each(rounds)('E-58 drops: every seat goes to who waits, none is lost or doubled (%d)', async (round) => {
    const section = await app.newSection(10)
    const seated = crowd(10, `seated${round}`)
    await enrollAll(seated, section)
    await enrollAll(crowd(15, `wait${round}`), section)
    const [drops] = await Promise.all([dropAll(seated, section), enrollAll(crowd(8, `late${round}`), section)])
    expect(drops.map(({ status }) => status)).toEqual(seated.map(() => 204))
    const positions = await positionsOf(section)
    expect(positions.length).toBeGreaterThanOrEqual(5)
    expect(positions).toEqual(upTo(positions.length))
    expect(await countsOf(section)).toEqual([10, positions.length])
  })

  it.each(rounds)('one seat dropped ten times is dropped once (%d)', async (round) => {
    const section = await app.newSection(1)
    const name = `once-${round}`
    await enrollAll([name], section)
    await enrollAll(crowd(5, `behind${round}`), section)
    const drops = await dropAll(
      Array.from({ length: 10 }, () => name),
      section,
    )
    expect(drops.filter(({ status }) => status === 204)).toHaveLength(1)
    expect(await countsOf(section)).toEqual([1, 4])
  })

  it.each(rounds)(
    'E-59 a seat that is freed while enrollment is resumed does not stay free while others wait (%d)',
    async (round) => {
      const sections = await Promise.all(Array.from({ length: 4 }, () => app.newSection(3)))
      const seated = crowd(3, `s${round}`)
      for (const [n, section] of sections.entries()) {
        await enrollAll(seated, section)
        await enrollAll(crowd(6, `w${round}-${n}`), section)
      }
      await app.ask(registrar, 'PUT', '/api/auto-enrollment', { enabled: false })
      const [resumed] = await Promise.all([
        at(1)(registrar, 'PUT', '/api/auto-enrollment', { enabled: true }),
        ...sections.map((section) => dropAll(seated, section)),
      ])
      expect(resumed.status).toBe(200)
      for (const section of sections) expect(await countsOf(section)).toEqual([3, 3])
    },
  )

  it('everything at once: no answer is a failure, and what has to hold holds', async () => {
    const sections = await Promise.all([3, 5, 8].map((capacity) => app.newSection(capacity)))
    const names = crowd(40, 'mixed')
    const calls = Array.from({ length: 600 }, (_, n) => {
      const [ask, name, section] = [at(n), names[(n * 7) % 40] ?? '', sections[(n * 5) % 3] ?? 0]
      const path = `/api/sections/${section}`
      if (n % 50 === 0) return ask(registrar, 'PUT', '/api/auto-enrollment', { enabled: n % 100 !== 0 })
      if (n % 5 === 0) return ask(student(name), 'DELETE', `${path}/enrollments/${name}`)
      if (n % 7 === 0) return ask(turing, 'DELETE', `${path}/enrollments/${name}`)
      if (n % 11 === 0) return ask(student(name), 'DELETE', `${path}/waitlist/${name}`)
      if (n % 13 === 0) return ask(turing, 'GET', `${path}/waitlist`)
      return ask(student(name), 'POST', `${path}/enrollments`)
    })
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    expect(Math.max(...statuses)).toBeLessThan(500)
    await app.ask(registrar, 'PUT', '/api/auto-enrollment', { enabled: true })
    const { rows } = await sql`
      select id from section
      where (select count(*) from placement where section_id = id and state = 'enrolled') > capacity
        or (select count(*) from placement where section_id = id and state = 'waiting') > 15
        or ((select count(*) from placement where section_id = id and state = 'enrolled') < capacity
          and exists (select from placement where section_id = id and state = 'waiting'))`.execute(app.test.database.db)
    expect(rows).toEqual([])
  })
})

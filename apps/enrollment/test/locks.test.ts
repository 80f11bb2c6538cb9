import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type Answer,
  type Ask,
  codeOf,
  endOf,
  registrar,
  startEnrollment,
  student,
  type TestEnrollment,
  turing,
} from './test-enrollment.ts'

/*
 * Each lock by itself: something has happened and is not committed when something else begins. Without its lock each of
 * these fails, every time.
 */

let app: TestEnrollment
let ask: Ask
let other: Awaited<ReturnType<typeof connect>>

beforeAll(async () => {
  app = await startEnrollment()
  ;({ ask } = app)
  other = await connect()
})
afterAll(async () => {
  other.release()
  await app.stop()
})
beforeEach(() => setAutomatic(true))

/** A connection of its own, for transactions. */
async function connect() {
  return app.test.database.pool.connect()
}

/** Does something in a transaction that is committed once what begins after it waits for it, or has not waited. */
async function whileUncommitted<T>(statement: string, values: readonly unknown[], act: () => Promise<T>): Promise<T> {
  await other.query('begin')
  try {
    await other.query(statement, [...values])
    let isOver = false
    const acting = act().finally(() => (isOver = true))
    await vi.waitUntil(async () => isOver || (await isWaitedFor()), { timeout: 20_000, interval: 5 })
    await other.query('commit')
    return await acting
  } finally {
    // Also when it failed: the next one would wait for what this one has locked. Otherwise there is nothing to take back.
    await other.query('rollback')
  }
}

async function isWaitedFor(): Promise<boolean> {
  const { rows } = await other.query<{ count: number }>(
    'select count(*)::integer as count from pg_stat_activity where pg_backend_pid() = any (pg_blocking_pids(pid))',
  )
  return (rows[0]?.count ?? 0) > 0
}

const enrolling = `select * from enroll(array[$1::integer], array[$2::text], now())`
const dropping = `select * from drop_students(array[$1::integer], array[$2::text], array[null::text], now())`
const leaving = `select leave_list($1, $2)`
const resuming = `select set_automatic_enrollment(true, now())`

function enroll(name: string, section: number): Promise<Answer> {
  return ask(student(name), 'POST', `/api/sections/${section}/enrollments`)
}

function drop(name: string, section: number): Promise<Answer> {
  return ask(student(name), 'DELETE', `/api/sections/${section}/enrollments/${name}`)
}

function setAutomatic(enabled: boolean): Promise<Answer> {
  return ask(registrar, 'PUT', '/api/auto-enrollment', { enabled })
}

async function countsOf(section: number): Promise<unknown> {
  const { body } = await ask(turing, 'GET', `/api/sections/${section}`)
  const { enrolled, waitlist_length }: Record<string, unknown> = Object(body)
  return [enrolled, waitlist_length]
}

describe('E-62 whoever', () => {
  it('enrolls while the last seat is being taken comes after it', async () => {
    const section = await app.newSection(1)
    expect(endOf(await whileUncommitted(enrolling, [section, 'first'], () => enroll('second', section)))).toBe(1)
  })

  it('enrolls while somebody joins the list comes behind', async () => {
    const section = await app.newSection(1)
    await enroll('sitter', section)
    expect(endOf(await whileUncommitted(enrolling, [section, 'first'], () => enroll('second', section)))).toBe(2)
  })

  it('joins a list while joining another one has one list fewer left', async () => {
    const [one, two, three, four] = await Promise.all([1, 1, 1, 1].map((capacity) => app.newSection(capacity)))
    for (const section of [one, two, three, four]) await enroll('sitter', section ?? 0)
    for (const section of [one, two]) await enroll('joiner', section ?? 0)
    const answer = await whileUncommitted(enrolling, [three, 'joiner'], () => enroll('joiner', four ?? 0))
    expect(codeOf(answer)).toBe('waitlist_limit')
  })

  it('drops while somebody joins the list leaves the seat to them', async () => {
    const section = await app.newSection(1)
    await enroll('sitter', section)
    await whileUncommitted(enrolling, [section, 'latecomer'], () => drop('sitter', section))
    expect(await countsOf(section)).toEqual([1, 0])
  })

  it('drops a seat that is being dropped finds nothing to drop', async () => {
    const section = await app.newSection(1)
    for (const name of ['sitter', 'next', 'last']) await enroll(name, section)
    expect(codeOf(await whileUncommitted(dropping, [section, 'sitter'], () => drop('sitter', section)))).toBe(
      'not_enrolled',
    )
    expect(await countsOf(section)).toEqual([1, 1])
  })

  it('drops while the first leaves the list leaves the seat to the second', async () => {
    const section = await app.newSection(1)
    for (const name of ['sitter', 'first', 'second']) await enroll(name, section)
    await whileUncommitted(leaving, [section, 'first'], () => drop('sitter', section))
    expect(await countsOf(section)).toEqual([1, 0])
  })

  it('leaves the list while being promoted has a seat, and is not on the list', async () => {
    const section = await app.newSection(1)
    for (const name of ['sitter', 'first']) await enroll(name, section)
    const leave = () => ask(student('first'), 'DELETE', `/api/sections/${section}/waitlist/first`)
    expect(codeOf(await whileUncommitted(dropping, [section, 'sitter'], leave))).toBe('not_waiting')
    expect(await countsOf(section)).toEqual([1, 0])
  })

  it('E-59 resumes enrollment while somebody joins a list beside free seats gives them one', async () => {
    const section = await app.newSection(3)
    for (const name of ['a-1', 'a-2', 'a-3', 'first']) await enroll(name, section)
    await setAutomatic(false)
    for (const name of ['a-1', 'a-2']) await drop(name, section)
    await whileUncommitted(enrolling, [section, 'second'], () => setAutomatic(true))
    expect(await countsOf(section)).toEqual([3, 0])
  })

  it('E-59 drops while enrollment is being resumed leaves the seat to whoever waits', async () => {
    const section = await app.newSection(1)
    await enroll('sitter', section)
    await setAutomatic(false)
    await whileUncommitted(resuming, [], async () => {
      await enroll('follower', section)
      await drop('sitter', section)
    })
    expect(await countsOf(section)).toEqual([1, 0])
  })

  it('E-54 enrolls while the section is being removed is told that there is none', async () => {
    const section = await app.newSection(1)
    const answer = await whileUncommitted('delete from section where id = $1', [section], () => enroll('late', section))
    expect(codeOf(answer)).toBe('unknown_section')
  })

  it('E-54 drops as instructor while another one takes over may not any more', async () => {
    const section = await app.newSection(1)
    await enroll('sitter', section)
    const change = `update section set instructor = 'lovelace' where id = $1`
    const act = () => ask(turing, 'DELETE', `/api/sections/${section}/enrollments/sitter`)
    expect((await whileUncommitted(change, [section], act)).status).toBe(403)
  })
})

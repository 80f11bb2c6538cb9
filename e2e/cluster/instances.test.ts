import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, isAlive, startCluster } from '../support/cluster.ts'
import { type Campus, inTurn, openCampus, type Person, rounds, roundsLimitMs, tally } from './campus.ts'

/*
 * Three instances of enrollment behind the gateway, as `sallyport cluster` runs them.
 */

const names = ['enrollment.1', 'enrollment.2', 'enrollment.3']
const threeEach = { 'enrollment.1': 3, 'enrollment.2': 3, 'enrollment.3': 3 }
/** So soon a restarted instance has its turns back (E-43). */
const backLimitMs = 5000

let cluster: Cluster
let campus: Campus
let registrar: Person
let turing: Person

beforeAll(async () => {
  cluster = await startCluster()
  campus = openCampus(cluster)
  registrar = await campus.personWith('registrar')
  turing = await campus.personWith('instructor')
})
afterAll(() => cluster?.stop())

const look = () => campus.ask(turing, 'GET', '/sections')
const isWhole = async () => {
  for (const name of names)
    await expect.poll(async () => (await look()).instance, { timeout: backLimitMs, interval: 20 }).toBe(name)
}

describe('while all of them work', () => {
  it('T-1 E-40 nine calls reach each of them three times, whatever is asked', async () => {
    const id = await campus.newSection(registrar, turing, 1)
    const one = await inTurn(9, look)
    expect(tally(one.map(({ instance }) => instance))).toEqual(threeEach)

    const mixed = await inTurn(3, async () => [
      await look(),
      await campus.ask(turing, 'GET', `/sections/${id}`),
      await campus.ask(turing, 'GET', `/instructors/${turing.username}/sections`),
      await campus.ask(registrar, 'PUT', '/auto-enrollment', { enabled: true }),
      await campus.ask(turing, 'GET', '/sections/0'),
    ])
    const turns = mixed.flat().map(({ instance }) => instance)
    for (let call = 0; call + 3 <= turns.length; call += 1)
      expect(new Set(turns.slice(call, call + 3))).toEqual(new Set(names))
  })

  it('E-40 whoever the door refuses takes no turn', async () => {
    const turns = await inTurn(9, async () => {
      expect((await campus.ask(turing, 'POST', '/courses', {})).status).toBe(403)
      return (await look()).instance
    })
    expect(tally(turns)).toEqual(threeEach)
  })

  it('T-1 E-3 E-7 each answers on its own port, under its own name', async () => {
    for (const name of names) {
      const url = await cluster.urlOf(name)
      expect(await campus.ask(turing, 'GET', '/sections', undefined, url)).toMatchObject({
        status: 200,
        instance: name,
      })
      const claims = { 'x-user': turing.username, 'x-roles': 'instructor' }
      expect((await fetch(`${url}/api/sections`, { headers: claims })).status).toBe(401)
      expect((await fetch(`${url}/health`)).status).toBe(200)
    }
  })

  it('E-6 each request is one line with instance, method, path and status, and no secret is in any', async () => {
    const { instance } = await campus.ask(turing, 'GET', '/sections/987654')
    const lines = () =>
      cluster
        .output()
        .split('\n')
        .filter((line) => line.startsWith(`${instance} | `) && line.includes('/sections/987654'))
    await expect.poll(lines).toHaveLength(1)
    const [line = ''] = lines()
    expect(JSON.parse(line.slice(line.indexOf('{')))).toMatchObject({
      instance,
      method: 'GET',
      path: '/api/sections/987654',
      status: 404,
    })
    expect(cluster.output()).not.toMatch(/eyJ|argon2|pbkdf2|correct horse|Front-Door|BEGIN/)
  })

  it('T-9 E-59 a freeze through one holds for all of them, also after all were started again', async () => {
    const id = await campus.newSection(registrar, turing, 1)
    const [first, second, third] = await Promise.all(names.map((name) => cluster.urlOf(name)))
    const [ada, bob, eve] = await campus.students(3)
    if (!ada || !bob || !eve) throw new TypeError('there are no students')
    for (const one of [ada, bob])
      expect((await campus.ask(one, 'POST', `/sections/${id}/enrollments`, undefined, first)).status).toBe(201)
    await campus.ask(registrar, 'PUT', '/auto-enrollment', { enabled: false }, third)
    const seat = `/sections/${id}/enrollments/${ada.username}`
    expect((await campus.ask(ada, 'DELETE', seat, undefined, second)).status).toBe(204)
    expect((await campus.ask(eve, 'POST', `/sections/${id}/enrollments`, undefined, first)).body).toMatchObject({
      status: 'waitlisted',
      position: 2,
    })

    await Promise.all(names.map((name) => cluster.stopMember(name)))
    await Promise.all(names.map((name) => cluster.startMember(name)))
    const now = (url?: string) => campus.ask(turing, 'GET', `/sections/${id}`, undefined, url)
    for (const url of [first, second, third])
      expect((await now(url)).body).toMatchObject({ enrolled: 0, waitlist_length: 2 })
    await campus.ask(registrar, 'PUT', '/auto-enrollment', { enabled: true }, second)
    expect((await now(third)).body).toMatchObject({ enrolled: 1, waitlist_length: 1 })
    const place = `/sections/${id}/waitlist/${eve.username}`
    expect((await campus.ask(eve, 'GET', place, undefined, first)).body).toMatchObject({ position: 1 })
  })
})

describe('fifty at once for ten seats, over all three', () => {
  let students: Person[]
  beforeAll(async () => {
    students = await campus.students(50)
  })

  it(
    `T-10 E-62 ten have one, fifteen wait in order and the others are refused, ${rounds} times`,
    { timeout: roundsLimitMs },
    async () => {
      await isWhole()
      for (let round = 0; round < rounds; round += 1) {
        const id = await campus.newSection(registrar, turing, 10)
        const answers = await Promise.all(students.map((one) => campus.ask(one, 'POST', `/sections/${id}/enrollments`)))
        expect(new Set(answers.map(({ instance }) => instance))).toEqual(new Set(names))
        expect(tally(answers.map(({ status, body }) => String(status === 201 ? body['status'] : status)))).toEqual({
          enrolled: 10,
          waitlisted: 15,
          409: 25,
        })
        const positions = answers.flatMap(({ body }) => ('position' in body ? [Number(body['position'])] : []))
        expect(positions.sort((one, other) => one - other)).toEqual(Array.from({ length: 15 }, (_, n) => n + 1))
        // A student may wait on three lists.
        expect((await campus.ask(registrar, 'DELETE', `/sections/${id}`)).status).toBe(204)
      }
    },
  )
})

describe('when some of them are away', () => {
  it('T-11 E-41 E-43 one is killed: thirty calls and no error, and it is back by itself', async () => {
    const id = await campus.newSection(registrar, turing, 30)
    const students = await campus.students(6)
    await isWhole()
    const pid = await cluster.killMember('enrollment.2')
    await expect.poll(() => isAlive(pid)).toBe(false)
    const answers = await inTurn(30, (turn) => {
      // What was written to a connection that broke at that very moment may have been done: such a POST is 502 (E-42).
      const student = students[turn - 24]
      return student ? campus.ask(student, 'POST', `/sections/${id}/enrollments`) : look()
    })
    expect(tally(answers.map(({ status }) => String(status)))).toEqual({ 201: 6, 200: 24 })

    await expect.poll(async () => (await fetchStatus('enrollment.2')) ?? 0, { timeout: 60_000 }).toBe(200)
    await isWhole()
    expect(tally((await inTurn(9, look)).map(({ instance }) => instance))).toEqual(threeEach)
  })

  it('T-11 E-43 one is stopped: the other two alternate strictly, until it is started', async () => {
    await cluster.stopMember('enrollment.3')
    const turns = (await inTurn(30, look)).map(({ status, instance }) => (status === 200 ? instance : String(status)))
    expect(tally(turns)).toEqual({ 'enrollment.1': 15, 'enrollment.2': 15 })
    for (const [call, instance] of turns.entries()) expect(instance).not.toBe(turns[call + 1])

    await cluster.startMember('enrollment.3')
    await isWhole()
    expect(tally((await inTurn(9, look)).map(({ instance }) => instance))).toEqual(threeEach)
  })

  it('E-42 one hangs: what it was given to read is read by another', async () => {
    await cluster.suspend('enrollment.1')
    const killed = look()
    const others = [look(), look()]
    const pid = await cluster.pidOf('enrollment.1')
    for (const answer of await Promise.all(others)) expect(answer.status).toBeLessThan(500)
    process.kill(pid, 'SIGKILL')
    expect((await killed).status).toBe(200)
    await cluster.resume('enrollment.1')
    await expect.poll(async () => (await fetchStatus('enrollment.1')) ?? 0, { timeout: 60_000 }).toBe(200)
    await isWhole()
  })

  it('T-11 E-43 all are stopped: 503 that says when to ask again, until they are back', async () => {
    await Promise.all(names.map((name) => cluster.stopMember(name)))
    expect(await look()).toMatchObject({ status: 503, retryAfter: expect.stringMatching(/^\d+$/) })
    // T-12 E-10: nobody else minds.
    const { body } = await campus.register()
    expect((await campus.logIn(String(body['username']))).status).toBe(200)
    await Promise.all(names.map((name) => cluster.startMember(name)))
    await isWhole()
  })
})

/** What an instance's own health says, if anything. */
async function fetchStatus(name: string): Promise<number | undefined> {
  const url = await cluster.urlOf(name)
  return fetch(`${url}/health`).then(
    ({ status }) => status,
    () => undefined,
  )
}

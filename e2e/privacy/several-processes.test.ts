import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { field, list, newName, password, post, signIn, text } from '../program/requests.ts'
import { startMigratedParts } from '../support/installation.ts'
import { administratorPassword, type Parts, untilTold } from '../support/parts.ts'

let parts: Parts
let username: string
beforeAll(async () => {
  parts = await startMigratedParts()
  username = newName()
  const person = { username, email: `${username}@example.org`, password }
  const made = Object(await post(`${parts.door}/api/auth/accounts`, person))
  // Enrollment is asked about who has a role there.
  const login = { username: 'admin', password: administratorPassword }
  const { token }: Record<string, unknown> = Object(await post(`${parts.door}/authy/login`, login))
  const role = `${parts.door}/authy/role/student/users/${String(made.uid)}`
  expect((await fetch(role, { method: 'POST', headers: { 'x-access-token': String(token) } })).status).toBe(200)
})
afterAll(() => parts.stop())

async function exported() {
  const headers = { authorization: `Bearer ${await signIn(parts.door, username)}` }
  const reply = await fetch(`${parts.door}/v1/me/export`, { headers })
  const body: unknown = await reply.json()
  return { status: reply.status, body }
}

describe('the export where every part is a process of its own', () => {
  it('has what each of them holds, and is refused by name while one is away', async () => {
    expect(await exported()).toMatchObject({
      status: 200,
      body: {
        identity: { account: { username } },
        wallet: { balances: { fiat: 1000 } },
        gacha: { membership: { closed_at: null } },
        auction: { membership: { closed_at: null } },
        enrollment: { seats: [], taught: [] },
        pictures: { uploads: [] },
        complete: true,
      },
    })
    for (const part of ['pictures', 'enrollment'] as const) {
      await parts.end(part, 'SIGTERM')
      expect(await exported()).toMatchObject({ status: 503, body: { code: 'part-unavailable', part } })
      await parts.serve(part)
      await untilTold(parts.urlOf(part))
    }
    expect(await exported()).toMatchObject({ status: 200, body: { complete: true } })
  })
})

/** A student with a seat, and the way to see who has one. */
async function enrolled(): Promise<{ username: string; token: string; students: () => Promise<string[]> }> {
  const { door } = parts
  const administrator = await signIn(door, 'admin', administratorPassword)
  const person = async (username: string, ...roles: readonly string[]): Promise<string> => {
    const account = { username, email: `${username}@example.org`, password: 'Correct-Horse7!' }
    const uid = text(await post(`${door}/api/auth/accounts`, account), 'uid')
    const headers = { 'x-access-token': administrator }
    for (const role of roles)
      await (await fetch(`${door}/authy/role/${role}/users/${uid}`, { method: 'POST', headers })).text()
    return signIn(door, username)
  }
  const [username, registrar] = ['ada_of_parts', await person('rita_of_parts', 'registrar', 'instructor')]
  const course = { department: 'CPSC', number: '449', title: 'Web' }
  const section = {
    course_id: field(await post(`${door}/api/courses`, course, registrar), 'id'),
    section_number: 1,
    term: 'FA26',
    instructor: 'rita_of_parts',
    capacity: 9,
  }
  const id = text(await post(`${door}/api/sections`, section, registrar), 'id')
  const token = await person(username, 'student')
  await post(`${door}/api/sections/${id}/enrollments`, undefined, token)
  return {
    username,
    token,
    async students() {
      const headers = { authorization: `Bearer ${registrar}` }
      const answer: unknown = await (await fetch(`${door}/api/sections/${id}/enrollments`, { headers })).json()
      return list(field(answer, 'enrollments')).map((enrollment) => text(enrollment, 'student'))
    },
  }
}

describe('the erasure where every part is a process of its own', () => {
  it('reaches services that are processes of their own, one that was away when it is back', async () => {
    const { username, token, students } = await enrolled()
    expect(await students()).toEqual([username])
    await parts.end('enrollment', 'SIGKILL')
    const begun = await post(`${parts.door}/v1/me/erasure`, {}, token)
    const look = async (): Promise<unknown> => {
      const headers = { 'receipt-token': text(begun, 'receipt_token') }
      const answer: unknown = await (await fetch(`${parts.door}${text(begun, 'location')}`, { headers })).json()
      return answer
    }
    const done = async (): Promise<number> =>
      list(field(await look(), 'steps')).filter((step) => field(step, 'state') === 'done').length
    await expect.poll(done, { timeout: 30_000, interval: 200 }).toBe(4)
    await parts.serve('enrollment')
    await untilTold(parts.urlOf('enrollment'))
    await expect.poll(async () => field(await look(), 'state'), { timeout: 80_000, interval: 500 }).toBe('done')
    expect(field(await look(), 'receipt')).toMatchObject({ services: { enrollment: { removed: { seats: 1 } } } })
    expect(await students()).toEqual([])
  })
})

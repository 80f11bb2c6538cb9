import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newName, password, post, signIn } from '../program/requests.ts'
import { administratorPassword, type Parts, startParts } from '../support/parts.ts'

let parts: Parts
let username: string
beforeAll(async () => {
  parts = await startParts()
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
    }
    expect(await exported()).toMatchObject({ status: 200, body: { complete: true } })
  })
})

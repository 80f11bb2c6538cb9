import { type AccountId, newId } from '@sallyport/kernel'
import { expect } from 'vitest'
import { startIdentity } from './support.ts'

export const noon = Date.UTC(2026, 5, 1, 12)
export const password = 'Correct-Horse7!'
export const device = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** What a service answers that holds nothing of somebody. */
export const nothing = {
  wallet: { membership: null, balances: null, transactions: [], holds: [] },
  gacha: { membership: null, copies: [], rolls: [], offered: [], received: [] },
  auction: { membership: null, auctions: [], bids: [] },
  enrollment: { seats: [], waiting: [], dropped: [], taught: [] },
  pictures: { uploads: [] },
} as const
export const services = ['wallet', 'gacha', 'auction', 'enrollment', 'pictures'] as const

interface Person {
  readonly uid: AccountId
  readonly username: string
  readonly token: string
}

/** Identity, and people who ask what is held of them, on a clock that the test moves. */
export async function startExports() {
  const clock = { time: noon, now: () => new Date(clock.time) }
  const started = await startIdentity({}, { clock })
  await started.service.start()

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    more: { token?: string; json?: unknown; form?: string } = {},
  ) {
    const { token, json, form } = more
    const { status, headers, body } = await started.service.inject({
      method,
      path,
      headers: {
        'x-forwarded-for': '192.0.2.7',
        'user-agent': device,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(form !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(form !== undefined && { body: form }),
    })
    return { status, headers, text: body }
  }

  async function signIn(username: string): Promise<string> {
    const form = new URLSearchParams({ username, password }).toString()
    const { access_token: token }: Record<string, unknown> = JSON.parse(
      (await ask('POST', '/api/auth/token', { form })).text,
    )
    return String(token)
  }

  return {
    started,
    clock,
    db: () => started.testDatabase.database.db,
    ask,
    signIn,
    async newPerson(): Promise<Person> {
      const username = `p_${newId().slice(0, 8)}`
      const person = { username, email: `${username}@example.org`, password }
      const { uid } = await started.identity.accounts.register(person, 'market', {
        kind: 'anonymous',
        address: '192.0.2.9',
      })
      return { uid, username, token: await signIn(username) }
    },
    async exportOf({ token }: Pick<Person, 'token'>): Promise<Record<string, unknown>> {
      const { status, text } = await ask('GET', '/v1/me/export', { token })
      expect(status, text).toBe(200)
      return JSON.parse(text)
    },
    /** It is noon, and nobody holds anything. */
    reset() {
      clock.time = noon
      for (const name of services) {
        started[name].away = false
        started[name].answers.set('exportPersonalData', () => ({ sections: nothing[name], next: null }))
      }
    },
    async stop() {
      await started.stop()
      await started.testDatabase.drop()
    },
  }
}

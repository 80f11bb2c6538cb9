import { createMetrics } from '@sallyport/service'
import { expect } from 'vitest'
import { fromGateway, startIdentity } from './support.ts'

/** Of accounts of the market. */
export const strong = 'Correct-Horse7!'
export const password = 'correct horse'

let count = 0
export const newName = () => `ada.${(count += 1)}`

export const bearer = (value: string) => ({ authorization: `Bearer ${value}` })

/** A refusal in the words of the enrollment system. */
export function error(code: string) {
  return { error: { code, message: expect.any(String) } }
}

/** Identity as the enrollment system has it, with an administrator and a player of the market. */
export async function startEnrollmentUsers() {
  const metrics = createMetrics()
  const one = await startIdentity(undefined, {
    metrics,
    passwordHashing: { newHashes: { algorithm: 'pbkdf2_sha256', pbkdf2Iterations: 260_000 } },
  })
  const { accounts } = one.identity
  const { pool } = one.testDatabase.database

  async function ask(path: string, body: unknown, headers: Record<string, string> = {}) {
    const reply = await one.service.inject({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.7', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
    const parsed: unknown = JSON.parse(reply.body)
    return { status: reply.status, headers: reply.headers, body: parsed }
  }

  /** Of the market, where administrators sign in as well. */
  async function token(username: string): Promise<string> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ username, password: strong }).toString()
    const reply = await one.service.inject({ method: 'POST', path: '/api/auth/token', headers, body })
    return String(JSON.parse(reply.body).access_token)
  }

  await one.service.start()
  await accounts.registerAdministrator({ username: 'root', email: 'root@example.org', password: strong })
  const player = { username: 'player', email: 'player@example.org', password: strong }
  await accounts.register(player, 'market', { kind: 'anonymous', address: '' })

  return {
    one,
    /** Tokens of the administrator, and of the player. */
    root: await token('root'),
    plain: await token('player'),
    ask,
    token,
    register: (more: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
      ask('/api/users', { username: newName(), password, roles: ['student'], ...more }, headers),
    logIn: (username: unknown, secret: unknown = password, headers = fromGateway()) =>
      ask('/api/login', { username, password: secret }, headers),
    /** How many passwords were verified. */
    async hashesSoFar(): Promise<number> {
      const [, count = '0'] = /_finished_total\{task="verify"\} (\d+)/.exec(await metrics.metrics()) ?? []
      return Number(count)
    },
    async stored(username: string): Promise<string> {
      const { rows } = await pool.query('select password_hash from account where username = $1', [username])
      return String(rows[0].password_hash)
    },
    async overwrite(username: string, hash: string): Promise<void> {
      await pool.query('update account set password_hash = $2 where username = $1', [username, hash])
    },
    async stop() {
      await one.stop()
      await one.testDatabase.drop()
    },
  }
}

import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { type Program, startProgram } from '../support/program.ts'

let dataDirectory: string
let program: Program
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory)
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const password = 'Korrekt Pferd Batterie 77'

async function ask(method: string, path: string, json?: unknown, headers: Record<string, string> = {}) {
  const reply = await fetch(`${program.addresses.public}${path}`, {
    method,
    headers: { ...(json !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  })
  const text = await reply.text()
  const body: unknown = text === '' ? undefined : JSON.parse(text)
  return { status: reply.status, field: (name: string) => String(Reflect.get(Object(body), name)), body }
}

/** The newest letter in the mailbox, once there are so many. */
async function letter(count: number): Promise<string> {
  const mailbox = join(dataDirectory, 'mailbox')
  const letters = async () => {
    const names = (await readdir(mailbox).catch((): string[] => [])).toSorted()
    return Promise.all(names.map((name) => readFile(join(mailbox, name), 'utf8')))
  }
  // A file is there before what it says is.
  await expect.poll(async () => (await letters()).filter((text) => text !== '').length).toBe(count)
  // Long lines are folded on their way.
  return ((await letters()).at(-1) ?? '').replaceAll('=\n', '')
}

describe('somebody who signs up at /authy', () => {
  let token = ''

  it('A-27 A-48 A-25 follows the link in the mailbox and signs in', async () => {
    const wish = { username: 'brüna', email: 'bruena@example.org', password, confirm_password: password }
    expect((await ask('POST', '/authy/user', wish)).status).toBe(201)
    expect((await ask('POST', '/authy/login', { username: 'brüna', password })).status).toBe(401)
    const link = /https?:\/\/\S+(\/authy\/validate\/\S{144})/.exec(await letter(1))
    expect((await ask('GET', link?.[1] ?? '')).status).toBe(200)
    const login = await ask('POST', '/authy/login', { username: 'brüna', password })
    expect(login.status).toBe(200)
    token = login.field('token')
  })

  it('plays in the market with the same account and the same token', async () => {
    const own = await ask('GET', '/authy/user', undefined, { 'x-access-token': token })
    const user_id = own.field('public_id')
    const bearer = { authorization: `Bearer ${token}` }
    expect((await ask('POST', '/api/tux-management/buy', { user_id, amount: 20 }, bearer)).status).toBe(200)
    expect((await ask('POST', `/api/distro/${user_id}/gacha/roll`, undefined, bearer)).status).toBe(200)
    expect((await ask('GET', '/api/auction/auctions', undefined, bearer)).status).toBe(200)
  })

  it('gets a new password by mail, which ends what was open', async () => {
    await ask('POST', '/v1/account/password-reset-requests', { email: 'bruena@example.org' })
    const secret = /password-resets\/(\S{144})/.exec(await letter(2))?.[1]
    expect(
      (await ask('POST', '/v1/account/password-resets', { secret, password: 'Ganz anderes Wort 99' })).status,
    ).toBe(204)
    const old = () => ask('GET', '/api/auction/auctions', undefined, { authorization: `Bearer ${token}` })
    await expect.poll(async () => (await old()).status).toBe(401)
    expect((await ask('POST', '/authy/login', { username: 'brüna', password: 'Ganz anderes Wort 99' })).status).toBe(
      200,
    )
  })

  it('A-29 A-52 is gone when deleted, everywhere, and the name stays reserved', async () => {
    const login = await ask('POST', '/authy/login', { username: 'brüna', password: 'Ganz anderes Wort 99' })
    const own = { 'x-access-token': login.field('token') }
    expect((await ask('DELETE', '/authy/user', undefined, own)).status).toBe(204)
    expect((await ask('GET', '/authy/user', undefined, own)).status).toBe(401)
    const again = { username: 'brüna', email: 'other@example.org', password, confirm_password: password }
    expect((await ask('POST', '/authy/user', again)).status).toBe(409)
  })
})

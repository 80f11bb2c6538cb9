import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { type Program, startProgram } from '../support/program.ts'

const administrator = { username: 'admin', password: 'Front-Door-8180!' }

let dataDirectory: string
let program: Program
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory, {
    SALLYPORT_ADMIN_PASSWORD: administrator.password,
    SALLYPORT_ACCOUNTS_ADMINISTRATION_DOOR: 'admin',
    SALLYPORT_ACCOUNTS_HTTPS_ONLY: 'true',
    SALLYPORT_TRUSTED_PROXIES: '127.0.0.0/8',
  })
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const overTls = { 'x-forwarded-proto': 'HTTPS' }

async function ask(door: 'public' | 'admin', method: string, path: string, headers: object, json?: object) {
  const reply = await fetch(`${program.addresses[door]}${path}`, {
    method,
    headers: { ...(json && { 'content-type': 'application/json' }), ...headers },
    ...(json && { body: JSON.stringify(json) }),
  })
  const body: unknown = await reply.json()
  return { status: reply.status, field: (name: string) => String(Reflect.get(Object(body), name)) }
}

async function logIn(headers: object) {
  return ask('public', 'POST', '/authy/login', headers, administrator)
}

describe('the account service as an operator may choose it', () => {
  it('A-7 answers 400 to what did not come over https, by the word of the proxy', async () => {
    for (const headers of [{}, { 'x-forwarded-proto': 'http' }, { 'x-forwarded-proto': 'https, http' }]) {
      const { status, field } = await logIn(headers)
      expect([status, field('message')]).toEqual([400, expect.stringContaining('https')])
    }
    expect((await ask('public', 'GET', '/authy/user', {})).status).toBe(400)
    expect((await ask('admin', 'GET', '/authy/users', {})).status).toBe(400)
    expect((await logIn(overTls)).status).toBe(200)
    // Other surfaces are not asked.
    expect((await ask('public', 'GET', '/.well-known/jwks.json', {})).status).toBe(200)
  })

  it('has the routes of administrators on the admin door, and nowhere else', async () => {
    const token = (await logIn(overTls)).field('token')
    const headers = { ...overTls, 'x-access-token': token }
    for (const path of ['/authy/users', '/authy/role']) {
      expect((await ask('admin', 'GET', path, headers)).status, path).toBe(200)
      const refused = await ask('public', 'GET', path, headers)
      expect([refused.status, refused.field('message')], path).toEqual([404, 'Not found'])
    }
    expect((await ask('public', 'GET', '/authy/user', headers)).status).toBe(200)
    expect((await ask('admin', 'GET', '/authy/user', headers)).status).toBe(404)
  })
})

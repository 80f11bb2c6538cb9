import { rm } from 'node:fs/promises'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Program, startProgram } from '../support/program.ts'
import { type Diary, playUntilTheEnd } from './player.ts'
import { newName, password, post, signIn } from './requests.ts'

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

async function admin(...args: string[]): Promise<{ code: number | null; output: string }> {
  const launched = launch(['admin', ...args], { SALLYPORT_DATA: dataDirectory })
  const code = await launched.ended()
  return { code, output: launched.output() }
}

/** Leaves a job behind that cannot be done: its player is no UUID. */
async function leaveDeadLetter(): Promise<void> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const database = openDatabase({ connection: postgres.connection('identity', 'service'), service: 'identity' })
  await database.pool.query(
    `select graphile_worker.add_job('take-membership-step', '{"membership": "wallet"}', max_attempts => 1, job_key => 'open wallet of nobody')`,
  )
  await database.close()
  await postgres.stop()
}

describe('sallyport admin jobs, while the program runs', () => {
  it('has nothing to show where everything was done', async () => {
    expect(await admin('jobs', 'list')).toEqual({ code: 0, output: 'no job has used up its attempts\n' })
  })

  it('shows what was given up, and tries it again when it is told to', async () => {
    await leaveDeadLetter()
    await expect.poll(async () => (await admin('jobs', 'list')).output).toContain('open wallet of nobody')
    const { output } = await admin('jobs', 'list')
    expect(output).toMatch(/identity \d+ {2}open wallet of nobody\n {2}failed 1 times, last on 20/)
    const id = /identity (\d+)/.exec(output)?.[1] ?? ''
    expect(await admin('jobs', 'retry', 'identity', id)).toEqual({
      code: 0,
      output: `identity tries job ${id} again\n`,
    })
  })

  it('says so when there is no such job', async () => {
    for (const id of ['4711', 'x']) {
      const { code, output } = await admin('jobs', 'retry', 'gacha', id)
      expect(code).toBe(1)
      expect(output).toBe(`sallyport: gacha has no job ${id} that used up its attempts\n`)
    }
  })
})

describe('sallyport admin accounts reset-factors', () => {
  it('ends the sessions of the account while the program runs, and is in the trail', async () => {
    const door = program.addresses.public
    const username = newName()
    await post(`${door}/api/auth/accounts`, { username, email: `${username}@example.org`, password })
    const token = await signIn(door, username)
    const userInfo = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` }
      return (await fetch(`${door}/api/auth/userinfo`, { headers })).status
    }
    expect(await userInfo()).toBe(200)
    expect(await admin('accounts', 'reset-factors', username)).toEqual({
      code: 0,
      output: `${username} signs in with the password alone now; all sessions are ended\n`,
    })
    await expect.poll(userInfo).toBe(401)
    const { output } = await admin('audit', 'tail', '--account', username)
    expect(output).toContain('factors.reset')
  })

  it('says so when there is no such account', async () => {
    const { code, output } = await admin('accounts', 'reset-factors', 'nobody_at_all')
    expect([code, output]).toEqual([
      1,
      'sallyport: nobody has this user name; what is deleted may be named by its id\n',
    ])
  })
})

describe('sallyport admin clients', () => {
  it('adds a client that works at once, lists it, changes its secret and removes it', async () => {
    const added = await admin('clients', 'add', 'Orchard', '--first-party', '--redirect', 'https://app.example/back')
    const [, id = '', secret = ''] =
      /^client (\S+)\nsecret (\S+) {2}\(it is not shown again\)\n$/.exec(added.output) ?? []
    const grant = async (value: string): Promise<number> => {
      const form = { grant_type: 'client_credentials', client_id: id, client_secret: value }
      const body = new URLSearchParams(form)
      return (await fetch(`${program.addresses.public}/oidc/token`, { method: 'POST', body })).status
    }
    expect(await grant(secret)).toBe(200)
    const rotated = await admin('clients', 'rotate-secret', id)
    const another = /secret (\S+)/.exec(rotated.output)?.[1] ?? ''
    expect([await grant(secret), await grant(another)]).toEqual([200, 200])
    expect(await admin('clients', 'list')).toEqual({
      code: 0,
      output: `${id}  first party, 2 secrets  "Orchard"\n`,
    })
    expect(await admin('clients', 'remove', id)).toEqual({ code: 0, output: `client ${id} is removed\n` })
    expect(await grant(another)).toBe(401)
  })

  it('says what is wrong', async () => {
    expect(await admin('clients', 'remove', 'nobody')).toEqual({
      code: 1,
      output: 'sallyport: there is no such client\n',
    })
    const { code, output } = await admin('clients', 'add', 'Evil', '--redirect', 'javascript:alert(1)')
    expect([code, output]).toEqual([
      1,
      'sallyport: an address to send people back to has no fragment, names nobody and is no script\n',
    ])
  })
})

describe('sallyport admin wallet verify', () => {
  it('finds the books right after a game', async () => {
    const diaries: Diary[] = []
    const playing = playUntilTheEnd(program.addresses, diaries)
    await expect.poll(() => diaries.length).toBeGreaterThan(2)
    // While the game goes on: every look sees one moment.
    expect(await admin('wallet', 'verify')).toEqual({ code: 0, output: 'the books are right\n' })
    await program.stop()
    await playing
    // Also when nothing runs.
    expect(await admin('wallet', 'verify')).toEqual({ code: 0, output: 'the books are right\n' })
    program = await startProgram(dataDirectory)
  })

  it('finds the market right too, each service by itself and all together', async () => {
    expect(await admin('market', 'verify')).toEqual({ code: 0, output: 'the market is right\n' })
  })

  it('says what one service keeps for another that knows nothing of it', async () => {
    const postgres = await useEmbeddedPostgres({ dataDirectory })
    const connection = { ...postgres.connection('gacha', 'owner'), user: 'postgres' }
    const database = openDatabase({ connection, service: 'gacha' })
    await database.pool.query(`
      insert into escrow (auction_id, uid, gacha_name, gacha_id, state, taken_at)
      select gen_random_uuid(), collection.uid, gacha.name, gacha.id, 'kept', now() from collection, gacha limit 1`)
    const { code, output } = await admin('market', 'verify')
    expect(code).toBe(1)
    expect(output).toMatch(
      /^orphan-copy: [0-9a-f-]{36}: a copy is kept for no auction\nthe market is wrong in 1 places\n$/,
    )
    await database.pool.query(`delete from escrow`)
    await database.close()
    await postgres.stop()
  })

  it('says what is wrong, and where', async () => {
    const postgres = await useEmbeddedPostgres({ dataDirectory })
    const owner = { ...postgres.connection('wallet', 'owner'), user: 'postgres' }
    const database = openDatabase({ connection: owner, service: 'wallet' })
    await database.pool.query(`set session_replication_role = replica;
      update account set balance = balance + 1 where uid = (select uid from account order by uid limit 1) and currency = 'tux'`)
    const { code, output } = await admin('wallet', 'verify')
    expect(code).toBe(1)
    expect(output).toMatch(/^balances-follow-entries: [0-9a-f-]{36}: tux is \d+, the entries come to \d+\n/)
    await database.close()
    await postgres.stop()
  })
})

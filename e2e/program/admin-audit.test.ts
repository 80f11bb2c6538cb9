import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openDatabase, useEmbeddedPostgres } from '@sallyport/database'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Program, startProgram } from '../support/program.ts'

let dataDirectory: string
let program: Program

beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory)
  for (const username of ['ada', 'bob']) {
    await post('/api/auth/accounts', JSON.stringify({ username, email: `${username}@example.org`, password }))
    await signIn(username, password)
  }
  await signIn('bob', 'Wrong-Tower-1!')
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const password = 'Gr4nite-Tower!'

async function post(path: string, body: string | URLSearchParams): Promise<void> {
  const headers: Record<string, string> = typeof body === 'string' ? { 'content-type': 'application/json' } : {}
  await (await fetch(`${program.addresses.public}${path}`, { method: 'POST', headers, body })).text()
}

const signIn = (username: string, word: string) =>
  post('/api/auth/token', new URLSearchParams({ username, password: word }))

async function audit(...args: string[]): Promise<{ code: number | null; output: string }> {
  const launched = launch(['admin', 'audit', ...args], { SALLYPORT_DATA: dataDirectory })
  const code = await launched.ended()
  return { code, output: launched.output() }
}

async function asSuperuser(statements: string): Promise<void> {
  const postgres = await useEmbeddedPostgres({ dataDirectory })
  const connection = { ...postgres.connection('identity', 'owner'), user: 'postgres' }
  const database = openDatabase({ connection, service: 'identity' })
  await database.pool.query(statements)
  await database.close()
  await postgres.stop()
}

const headIn = (output: string): string => /^head (\S+)$/m.exec(output)?.[1] ?? ''

describe('sallyport admin audit tail', () => {
  it('shows the newest events, the newest last', async () => {
    const { code, output } = await audit('tail', '-n', '3')
    expect(code).toBe(0)
    const lines = output.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(
      /^20\S+Z {2}account\.registered +anonymous {2}from \S+ {2}to bob [0-9a-f-]{36} {2}\(on=market\)$/,
    )
    expect(lines[1]).toMatch(/ sign-in\.succeeded +bob [0-9a-f-]{36} {2}from \S+ {2}\(on=market\)$/)
    expect(lines[2]).toMatch(
      / sign-in\.refused +anonymous {2}from \S+ {2}to bob \S{36} {2}\(on=market, reason=wrong-password\)$/,
    )
  })

  it('shows those of one account, or of one kind, also as JSON', async () => {
    expect((await audit('tail', '--account', 'ADA')).output.trimEnd().split('\n')).toHaveLength(2)
    const { output } = await audit('tail', '--account', 'bob', '--kind', 'sign-in.refused', '--json')
    expect(JSON.parse(output)).toMatchObject({
      kind: 'sign-in.refused',
      actor: { kind: 'anonymous' },
      subject: { username: 'bob' },
      details: { on: 'market', reason: 'wrong-password' },
    })
    expect(await audit('tail', '--account', 'nobody')).toEqual({
      code: 1,
      output: 'sallyport: nobody has this user name; what is deleted may be named by its id\n',
    })
    expect((await audit('tail', '-n', 'many')).code).toBe(1)
  })

  it('follows what happens until Ctrl-C, and shows it once', async () => {
    const following = launch(['admin', 'audit', 'tail', '-f', '--kind', 'sign-in.refused'], {
      SALLYPORT_DATA: dataDirectory,
    })
    const refusals = () => following.output().match(/sign-in\.refused/g)?.length ?? 0
    await expect.poll(refusals).toBe(1)
    await signIn('ada', 'Wrong-Tower-1!')
    await signIn('bob', 'Wrong-Tower-1!')
    await expect.poll(refusals).toBe(3)
    expect(await following.end('SIGINT')).toBe(0)
    expect(refusals()).toBe(3)
    expect(following.output()).not.toContain('sign-in.succeeded')
  })
})

describe('sallyport admin audit verify', () => {
  it('finds the trail right while the program runs and when it does not', async () => {
    await expect
      .poll(async () => (await audit('verify')).output)
      .toMatch(/^the trail is right: 8 links\nhead 8:[0-9a-f]{64}\n$/)
    const head = headIn((await audit('verify')).output)
    await signIn('ada', password)
    await program.stop()
    // The last events are sealed at the stop.
    const { code, output } = await audit('verify', '--head', head)
    expect(code).toBe(0)
    expect(output).toMatch(/^the trail is right: 9 links\nthe head that was noted down is still there\nhead 9:/)
    program = await startProgram(dataDirectory)
  })

  it('takes no head that is none', async () => {
    const { code, output } = await audit('verify', '--head', '4711')
    expect(code).toBe(1)
    expect(output).toContain('SEQUENCE:MAC')
  })

  it('needs the master key, and makes none', async () => {
    const [key, elsewhere] = [join(dataDirectory, 'master.key'), join(dataDirectory, 'elsewhere')]
    await mkdir(elsewhere)
    await rename(key, join(elsewhere, 'master.key'))
    for (let attempt = 0; attempt < 2; attempt += 1)
      expect(await audit('verify')).toEqual({
        code: 1,
        output: `sallyport: ${key} is not there; restore it from a backup\n`,
      })
    await rename(join(elsewhere, 'master.key'), key)
  })

  it('says where the end was cut off, when somebody knows an earlier head', async () => {
    const head = headIn((await audit('verify')).output)
    const [last] = head.split(':')
    await asSuperuser(`set session_replication_role = replica;
      delete from audit_event where id in (select event_id from audit_link where sequence = ${last});
      delete from audit_link where sequence = ${last}`)
    expect((await audit('verify')).code).toBe(0)
    const { code, output } = await audit('verify', '--head', head)
    expect(code).toBe(1)
    expect(output).toMatch(
      new RegExp(`^link ${last}: it was noted down, and is not there any more\nthe trail is wrong`),
    )
  })

  it('says which event was changed', async () => {
    await asSuperuser(
      `set session_replication_role = replica; update audit_event set address = '192.0.2.1' where id = 3`,
    )
    const { code, output } = await audit('verify')
    expect(code).toBe(1)
    expect(output).toMatch(
      /^link 3: event 3 was changed, or does not belong here\nthe trail is wrong; 2 links were found right before that\nhead 2:/,
    )
  })
})

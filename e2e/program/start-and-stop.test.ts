import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDataDirectory } from '../support/data-directory.ts'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Launched, type Program, startProgram } from '../support/program.ts'

async function signIn(door: string, username: string, password: string): Promise<number> {
  const body = new URLSearchParams({ username, password })
  return (await fetch(`${door}/api/auth/token`, { method: 'POST', body })).status
}

function run(args: readonly string[], environment: Record<string, string> = {}): Launched {
  return launch(args, { SALLYPORT_PUBLIC_PORT: '0', SALLYPORT_ADMIN_PORT: '0', ...environment })
}

describe('npm start', () => {
  let dataDirectory: string
  let program: Program
  let password = ''

  beforeAll(async () => {
    dataDirectory = await makeDataDirectory()
    program = await startProgram(dataDirectory)
    password = /password (\S+)/.exec(program.output())?.[1] ?? ''
  })
  afterAll(async () => {
    await program.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  })

  it('gives those who register at the very start everything at once, as all others', async () => {
    // These are the first requests of all to a new installation.
    const players = await Promise.all(
      Array.from({ length: 12 }, async (_, n) => {
        const username = `early_${process.pid}_${n}`
        const json = JSON.stringify({ username, email: `${username}@example.org`, password: 'Correct-Horse7!' })
        const headers = { 'content-type': 'application/json' }
        const reply = await fetch(`${program.addresses.public}/api/auth/accounts`, {
          method: 'POST',
          headers,
          body: json,
        })
        const account: unknown = await reply.json()
        const body = new URLSearchParams({ username, password: 'Correct-Horse7!' })
        const signedIn: unknown = await (
          await fetch(`${program.addresses.public}/api/auth/token`, { method: 'POST', body })
        ).json()
        return { uid: Reflect.get(Object(account), 'uid'), token: Reflect.get(Object(signedIn), 'access_token') }
      }),
    )
    for (const { uid, token } of players) {
      const headers = { authorization: `Bearer ${token}` }
      for (const path of [`/api/tux-management/balances/${uid}`, `/api/distro/${uid}/gacha/collection`]) {
        expect((await fetch(program.addresses.public + path, { headers })).status, path).toBe(200)
      }
    }
    expect(program.output()).not.toContain('is left to its job')
  })

  it('says where everything is, and shows a made-up password once', async () => {
    const { addresses, output } = program
    expect(output()).toContain(`public door    ${addresses.public}`)
    expect(output()).toContain(`admin door     ${addresses.admin}`)
    expect(output().match(/curl /g)).toHaveLength(3)
    expect(await signIn(addresses.public, 'admin', password)).toBe(200)
    const kept = join(dataDirectory, 'first-administrator')
    expect(await readFile(kept, 'utf8')).toContain(password)
    expect((await stat(kept)).mode & 0o077).toBe(0)
  })

  it('keeps secrets to their owner', async () => {
    for (const name of ['master.key', 'service-keys/identity.pem', 'service-keys/wallet.pem']) {
      expect((await stat(join(dataDirectory, name))).mode & 0o077, name).toBe(0)
    }
  })

  it('shows what it counts on the admin door, and not on the public one', async () => {
    const { addresses } = program
    const page = await fetch(`${addresses.admin}/metrics`)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')])
    const text = await page.text()
    for (const name of ['process_cpu_seconds_total', 'sallyport_password_hashing_waiting 0']) {
      expect(text).toContain(name)
    }
    expect((await fetch(`${addresses.public}/metrics`)).status).toBe(404)
    expect((await fetch(`${addresses.admin}/metrics`, { method: 'POST' })).status).toBe(404)
  })

  it('refuses a second program on the same directory, and leaves the first alone', async () => {
    const second = run(['start'], { SALLYPORT_DATA: dataDirectory })
    expect(await second.ended()).toBe(1)
    expect(second.output()).toContain(dataDirectory)
    expect(second.output()).toContain(String(program.pid))
    expect(second.output()).not.toMatch(/\n\s+at /)
    expect((await fetch(`${program.addresses.public}/health`)).status).toBe(200)
    expect(JSON.parse(await readFile(join(dataDirectory, 'addresses.json'), 'utf8'))).toEqual(program.addresses)
  })

  it('finishes a request that is under way when it is told to stop', async () => {
    const username = `late_${process.pid}`
    const account = { username, email: `${username}@example.org`, password: 'Correct-Horse7!' }
    const answer = fetch(`${program.addresses.public}/api/auth/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account),
    })
    // The answer to a quick request after it shows that the slow one has arrived.
    await fetch(`${program.addresses.public}/health`)
    const exit = program.stop()
    expect((await answer).status).toBe(200)
    expect(await exit).toBe(0)
  })

  it('tells the doors in addresses.json while they answer, and not after', async () => {
    const file = join(dataDirectory, 'addresses.json')
    await expect(readFile(file)).rejects.toThrow('ENOENT')
    program = await startProgram(dataDirectory)
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(program.addresses)
    expect(await (await fetch(`${program.addresses.admin}/health/ready`)).json()).toMatchObject({ status: 'ready' })
  })

  it('shows the password no more when it starts again', async () => {
    expect(program.output()).not.toContain(password)
    expect(program.output()).toContain(join(dataDirectory, 'first-administrator'))
    expect(await signIn(program.addresses.public, 'admin', password)).toBe(200)
  })
})

describe('the first administrator', () => {
  it('is the one that the operator names in a file', async () => {
    const directory = await makeInstallation()
    const file = join(directory, 'admin-secret.json')
    const admin = { username: 'clivey', email: 'clivey@example.org', password: 'From-A-File7!' }
    await writeFile(file, JSON.stringify({ admin }))
    const program = await startProgram(directory, { SALLYPORT_ADMIN_FILE: file })
    const { addresses } = program
    try {
      expect(program.output()).not.toContain(admin.password)
      expect(await signIn(addresses.public, admin.username, admin.password)).toBe(200)
    } finally {
      await program.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })

  it('is another one, with another password, after the first was deleted', async () => {
    const directory = await makeInstallation()
    const first = await startProgram(directory)
    const { uid, token, password } = await administratorOf(first)
    const headers = { authorization: `Bearer ${token}` }
    const gone = await fetch(`${first.addresses.admin}/admin/api/auth/accounts/${uid}`, { method: 'DELETE', headers })
    expect(gone.status).toBe(200)
    await first.stop()
    const second = await startProgram(directory)
    try {
      expect(second.output()).not.toContain(password)
      expect(await signIn(second.addresses.public, 'admin', password)).toBe(401)
      expect((await administratorOf(second)).uid).not.toBe(uid)
    } finally {
      await second.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})

/** Signs in with the password that the program shows. */
async function administratorOf({ addresses, output }: Program) {
  const password = /password (\S+)/.exec(output())?.[1] ?? ''
  const body = new URLSearchParams({ username: 'admin', password })
  const reply: unknown = await (await fetch(`${addresses.public}/api/auth/token`, { method: 'POST', body })).json()
  const token = String(Reflect.get(Object(reply), 'access_token'))
  const headers = { authorization: `Bearer ${token}` }
  const account: unknown = await (await fetch(`${addresses.public}/api/auth/userinfo`, { headers })).json()
  return { uid: String(Reflect.get(Object(account), 'uid')), token, password }
}

describe('what the operator got wrong is said in a sentence', () => {
  const refused = async (environment: Record<string, string>, makeDirectory = makeDataDirectory): Promise<string> => {
    const directory = await makeDirectory()
    const program = run(['start'], { SALLYPORT_DATA: directory, ...environment })
    expect(await program.ended()).toBe(1)
    expect(program.output()).not.toMatch(/\n\s+at /)
    await rm(directory, { recursive: true, force: true })
    return program.output()
  }

  it('a port that is none', async () => {
    expect(await refused({ SALLYPORT_PUBLIC_PORT: 'eighty' })).toContain('SALLYPORT_PUBLIC_PORT must be a port')
  })

  it('a port that is taken', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = address !== null && typeof address === 'object' ? String(address.port) : ''
    expect(await refused({ SALLYPORT_ADMIN_PORT: port })).toContain(`the admin door cannot listen on 127.0.0.1:${port}`)
    other.close()
  })

  it('a database address, without showing it', async () => {
    const output = await refused({ DATABASE_URL_WALLET: 'mysql://wallet:s3cret@localhost/wallet' })
    expect(output).toContain('DATABASE_URL_WALLET must have the form postgres://')
    expect(output).not.toContain('s3cret')
  })

  it('an administrator whose password is too weak, without showing it', async () => {
    const output = await refused({ SALLYPORT_ADMIN_PASSWORD: 'football' }, makeInstallation)
    expect(output).toContain('the configured administrator: Invalid password')
    expect(output).not.toContain('football')
  })

  it('a data directory that is a file', async () => {
    const directory = await makeDataDirectory()
    const file = join(directory, 'file')
    await writeFile(file, '')
    const output = await refused({ SALLYPORT_DATA: file })
    expect(output).toContain(file)
    await rm(directory, { recursive: true })
  })

  it('a data directory that cannot be made', async () => {
    const output = await refused({ SALLYPORT_DATA: '/dev/null/sallyport' })
    expect(output).toContain('/dev/null/sallyport')
  })
})

describe('the command line', () => {
  it.each([[['--help']], [['serve', '--help']], [['migrate', '--help']]])('helps: %j', async (args) => {
    const program = run(args)
    expect(await program.ended()).toBe(0)
    expect(program.output()).toContain('Usage: sallyport')
  })

  it('knows its commands', async () => {
    const program = run(['fly'])
    expect(await program.ended()).toBe(1)
    expect(program.output()).toContain("unknown command 'fly'")
  })

  it('migrates and says what it did', async () => {
    const directory = await makeDataDirectory()
    const first = run(['migrate'], { SALLYPORT_DATA: directory })
    expect(await first.ended()).toBe(0)
    expect(first.output()).toContain('wallet: applied 0001-ledger')
    const second = run(['migrate'], { SALLYPORT_DATA: directory })
    expect(await second.ended()).toBe(0)
    expect(second.output()).toContain('wallet: up to date')
    await rm(directory, { recursive: true, force: true })
  })
})

it.skipIf(process.getuid?.() !== 0)(
  'works in a directory that PostgreSQL’s user cannot enter, as under /root',
  async () => {
    const directory = await makeDataDirectory()
    await chmod(directory, 0o700)
    const hidden = join(directory, 'data')
    await mkdir(hidden)
    const program = await startProgram(hidden)
    try {
      expect(program.output()).toContain('/var/lib/sallyport')
      expect((await fetch(`${program.addresses.public}/health`)).status).toBe(200)
    } finally {
      await program.stop()
      const id = await readFile(join(hidden, 'postgres-id'), 'utf8')
      await rm(join('/var/lib/sallyport', id.trim()), { recursive: true, force: true })
      await rm(directory, { recursive: true, force: true })
    }
  },
)

import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Program, startProgram } from '../support/program.ts'

const many = 6000
const hash = '$2b$12$3euPcmQFCiblsZeEu5s7p.9OVHgeHWFDk9nhMqZ0m/3pd/lhwZgES'

let dataDirectory: string
let program: Program
let file: string
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  file = join(dataDirectory, 'accounts.csv')
  const rows = Array.from({ length: many }, (_, index) => `user${index},user${index}@example.org,${hash},user guest`)
  await writeFile(file, `username,email,password_hash,roles\n${rows.join('\n')}\n`)
  program = await startProgram(dataDirectory)
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

const begin = (...args: string[]) => launch(['admin', 'accounts', ...args], { SALLYPORT_DATA: dataDirectory })

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  const launched = begin(...args)
  const code = await launched.ended()
  return { code, output: launched.output() }
}

const isThere = async (username: string): Promise<boolean> =>
  (await fetch(`${program.addresses.public}/authy/fetch/${username}`)).status === 200

describe('sallyport admin accounts, while the program runs', () => {
  it('writes nothing in a rehearsal', async () => {
    const { code, output } = await run('import', '--dry-run', file)
    expect([code, output.split('\n').at(-2)]).toEqual([
      0,
      `${many} lines: ${many} would be imported, 0 already there, 0 refused`,
    ])
    expect(await isThere('user0')).toBe(false)
  })

  it('is killed in the middle, run again, and everything is there once', async () => {
    const killed = begin('import', file)
    await expect.poll(() => isThere('user0'), { interval: 5 }).toBe(true)
    await killed.end('SIGKILL')
    const { code, output } = await run('import', file)
    expect(code, output).toBe(0)
    const [, imported, there] = /(\d+) imported, (\d+) already there, 0 refused/.exec(output) ?? []
    expect(Number(there)).toBeGreaterThan(0)
    expect(Number(imported) + Number(there)).toBe(many)
    expect(await isThere(`user${many - 1}`)).toBe(true)
    const again = await run('import', file)
    expect(again.output).toContain(`${many} lines: 0 imported, ${many} already there, 0 refused`)
  })

  it('says which lines are refused, on the terminal and in a report, and ends with 1', async () => {
    const [bad, report] = [join(dataDirectory, 'bad.ndjson'), join(dataDirectory, 'refused.ndjson')]
    const good = JSON.stringify({ username: 'goodie', email: 'goodie@example.org', password_hash: hash })
    await writeFile(bad, `{"username": \n\n${good}\n{"username": "evil", "email": "x", "password_hash": "hunter2"}\n`)
    const { code, output } = await run('import', '--report', report, bad)
    expect(code).toBe(1)
    expect(output).toBe(
      'line 1: is not JSON\nline 4: email Invalid email format.\n3 lines: 1 imported, 0 already there, 2 refused\n',
    )
    expect(
      (await readFile(report, 'utf8'))
        .split('\n')
        .slice(0, -1)
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { line: 1, rule: 'is not JSON' },
      { line: 4, field: 'email', rule: 'Invalid email format.' },
    ])
  })

  it('refuses a file whose columns it does not know', async () => {
    const odd = join(dataDirectory, 'odd.csv')
    await writeFile(odd, 'username,email,password_hash,shoe_size\n')
    expect(await run('import', odd)).toEqual({
      code: 1,
      output: 'sallyport: there is no field "shoe_size"; the first line names the columns\n',
    })
  })

  it('writes an export that only its owner reads, and finds everybody of it already there', async () => {
    const out = join(dataDirectory, 'out.csv')
    expect((await run('export', '--with-hashes', '--output', out)).code).toBe(0)
    expect((await stat(out)).mode & 0o777).toBe(0o600)
    const { code, output } = await run('import', out)
    expect(code, output).toBe(0)
    expect(output).toContain(`${many + 2} lines: 0 imported, ${many + 2} already there, 0 refused`)
  })
})

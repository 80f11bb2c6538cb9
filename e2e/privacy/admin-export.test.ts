import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newName, password, post, signIn } from '../program/requests.ts'
import { makeInstallation } from '../support/installation.ts'
import { launch, type Program, startProgram } from '../support/program.ts'

let dataDirectory: string
let program: Program
let username: string
beforeAll(async () => {
  dataDirectory = await makeInstallation()
  program = await startProgram(dataDirectory)
  username = newName()
  const person = { username, email: `${username}@example.org`, password }
  await post(`${program.addresses.public}/api/auth/accounts`, person)
})
afterAll(async () => {
  await program.stop()
  await rm(dataDirectory, { recursive: true, force: true })
})

async function admin(...args: string[]): Promise<{ code: number | null; output: string }> {
  const launched = launch(['admin', ...args], { SALLYPORT_DATA: dataDirectory })
  return { code: await launched.ended(), output: launched.output() }
}

describe('sallyport admin privacy export', () => {
  it('writes the same bundle as the door into a file of its owner’s, and tells how much it is', async () => {
    const file = join(dataDirectory, 'somebody.json')
    const { code, output } = await admin('privacy', 'export', username, '--output', file)
    expect(code, output).toBe(0)
    expect(output).toMatch(/^records exported: identity \d+, wallet 3, gacha 1, auction 1, pictures 0$/m)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const bundle: Record<string, unknown> = JSON.parse(await readFile(file, 'utf8'))
    const headers = { authorization: `Bearer ${await signIn(program.addresses.public, username)}` }
    const answer = await fetch(`${program.addresses.public}/v1/me/export`, { headers })
    const atDoor: Record<string, unknown> = Object(await answer.json())
    expect(Object.keys(bundle)).toEqual(Object.keys(atDoor))
    for (const part of ['wallet', 'gacha', 'auction', 'enrollment', 'pictures', 'complete'])
      expect(bundle[part]).toEqual(atDoor[part])
  })

  it('finds somebody by address and by id, prints the bundle, and is in the trail', async () => {
    const { code, output } = await admin('privacy', 'export', `${username}@example.org`)
    expect(code, output).toBe(0)
    expect(output).toContain(`"username":"${username}"`)
    const uid = /"account":"([0-9a-f-]{36})"/.exec(output)?.[1] ?? ''
    expect((await admin('privacy', 'export', uid)).output).toContain(`"username":"${username}"`)
    expect((await admin('audit', 'tail', '--account', username)).output).toMatch(/personal-data\.exported .*operator/)
  })

  it('says that there is nobody of this name', async () => {
    expect(await admin('privacy', 'export', 'nobody_at_all')).toEqual({
      code: 1,
      output: 'sallyport: Account not found\n',
    })
  })
})

import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeDataDirectory } from '../support/data-directory.ts'
import { launch } from '../support/program.ts'

let dataDirectory: string
beforeAll(async () => {
  dataDirectory = await makeDataDirectory()
})
afterAll(() => rm(dataDirectory, { recursive: true, force: true }))

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const ports = { SALLYPORT_PUBLIC_PORT: '0', SALLYPORT_ADMIN_PORT: '0' }
  const launched = launch(args, { SALLYPORT_DATA: dataDirectory, ...ports, ...environment })
  const code = await launched.ended()
  return { code, output: launched.output() }
}
const pathOf = (file: string): string => join(dataDirectory, 'gateway-keys', file)

async function readKeys(file: string): Promise<Record<string, string>[]> {
  const { keys }: { keys: Record<string, string>[] } = JSON.parse(await readFile(pathOf(file), 'utf8'))
  return keys
}

describe('sallyport admin gateway-keys', () => {
  it('E-28 makes a key for each id, and writes two files', async () => {
    const { code, output } = await run(['admin', 'gateway-keys', 'make', 'first', 'second'])
    expect([code, output]).toEqual([0, expect.stringContaining('… making the key second (2 of 2)')])
    expect((await stat(pathOf('private.json'))).mode & 0o777).toBe(0o600)
    const [privateKeys, publicKeys] = [await readKeys('private.json'), await readKeys('public.json')]
    expect(privateKeys.map(({ kid }) => kid)).toEqual(['first', 'second'])
    for (const [index, key] of publicKeys.entries()) {
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'e', 'kid', 'kty', 'n'])
      expect(privateKeys[index]).toMatchObject(key)
      await importJWK({ ...key })
    }
  })

  it('adds keys to those that are there, and leaves these alone', async () => {
    const before = await readKeys('private.json')
    expect((await run(['admin', 'gateway-keys', 'make', 'third'])).code).toBe(0)
    expect((await readKeys('private.json')).slice(0, 2)).toEqual(before)
    expect((await run(['admin', 'gateway-keys', 'list'])).output).toBe(
      'first  RS256  signing\nsecond  RS256  can sign\nthird  RS256  can sign\n',
    )
    const chosen = await run(['admin', 'gateway-keys', 'list'], { SALLYPORT_GATEWAY_SIGNING_KEY: 'third' })
    expect(chosen.output).toContain('third  RS256  signing')
  })

  it('lists without a complaint for a reader who has left, as `head` does', async () => {
    const launched = launch(['admin', 'gateway-keys', 'list'], { SALLYPORT_DATA: dataDirectory })
    launched.process.stdout?.destroy()
    expect([await launched.ended(), launched.output()]).toEqual([0, ''])
  })

  it.each([[['fourth', 'first']], [['fifth', 'fifth']]])('makes no key over another: %s', async (kids) => {
    const before = await readFile(pathOf('private.json'), 'utf8')
    const { code, output } = await run(['admin', 'gateway-keys', 'make', ...kids])
    expect([code, output]).toEqual([1, `sallyport: there is a key ${kids[1]} already; nothing was changed\n`])
    expect(await readFile(pathOf('private.json'), 'utf8')).toBe(before)
  })

  it('says which ids there can be, and where the keys are', async () => {
    expect((await run(['admin', 'gateway-keys', 'make', 'a b'])).output).toContain('an id has letters')
    expect((await run(['admin', 'gateway-keys', 'make', '--help'])).output).toContain('SALLYPORT_GATEWAY_SIGNING_KEY')
  })
})

describe('sallyport start', () => {
  it('E-35 ends when the key that is to sign is not there, and names the setting', async () => {
    expect(await run(['start'], { SALLYPORT_GATEWAY_SIGNING_KEY: 'none-such' })).toEqual({
      code: 1,
      output: 'sallyport: SALLYPORT_GATEWAY_SIGNING_KEY: there is no private key none-such in SALLYPORT_GATEWAY_KEYS\n',
    })
  })

  it('E-27 E-35 ends when a key cannot be used, and names file, key and reason', async () => {
    const [key] = await readKeys('private.json')
    await writeFile(pathOf('private.json'), JSON.stringify({ keys: [{ ...key, alg: 'none' }] }))
    const { code, output } = await run(['start'])
    expect(code).toBe(1)
    expect(output).toMatch(/^sallyport: SALLYPORT_GATEWAY_KEYS: \S+private\.json: the key first: alg .*\n$/)
    expect(output).not.toContain(key?.['d'] ?? 'nothing')
  })
})

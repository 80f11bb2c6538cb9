import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfigFile } from './config-file.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-config-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text)
const json = '{"services": {"shop": {"prefix": "/shop", "targets": ["http://127.0.0.1:3000"]}}}'

async function complaint(text: string, name = 'sallyport.config.mjs'): Promise<string> {
  await write(name, text)
  const said = await loadConfigFile(undefined, directory).then(
    () => 'nothing',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : ''),
  )
  return said.replace('InvalidConfig: ', '')
}

it('is not needed', async () => {
  expect(await loadConfigFile(undefined, directory)).toBeUndefined()
})

it.each([
  ['sallyport.config.mjs', `export default ${json}`],
  ['sallyport.config.js', `export default ${json}`],
  ['sallyport.config.json', json],
])('is found in the working directory: %s', async (name, text) => {
  await write(name, text)
  await write('package.json', '{"type": "module"}')
  expect(await loadConfigFile(undefined, directory)).toMatchObject({ name, config: JSON.parse(json) })
})

it('may be anywhere, when it is named', async () => {
  await write('mine.json', json)
  expect(await loadConfigFile('mine.json', directory)).toMatchObject({ name: 'mine.json' })
  expect(await loadConfigFile(join(directory, 'mine.json'))).toMatchObject({ name: join(directory, 'mine.json') })
})

describe('what is wrong with a file is told with its name, and without a stack', () => {
  it('one that is named and is not there', async () => {
    await expect(loadConfigFile('none.ts', directory)).rejects.toThrow(
      'none.ts: there is no such file, or it cannot be read',
    )
    await write('x.yaml', '')
    await expect(loadConfigFile('x.yaml', directory)).rejects.toThrow(
      'x.yaml: must end with .ts, .mts, .js, .mjs or .json',
    )
  })

  it('two of them', async () => {
    await write('sallyport.config.json', json)
    expect(await complaint('')).toBe(
      'sallyport.config.mjs and sallyport.config.json are both there: name one in SALLYPORT_CONFIG',
    )
  })

  it.each([
    ['throw new Error("SHOP_URL is not set\\nmore")', 'line 1: SHOP_URL is not set'],
    ['\n\nconst a = {}\nexport default a.b.c', "line 4: Cannot read properties of undefined (reading 'c')"],
    ['throw "nonsense"', "it throws 'nonsense'"],
    ['const a = 1', 'must export its configuration as default'],
    ['export default 3', 'must be an object, exported as default'],
  ])('one that says %j', async (text, reason) => {
    expect(await complaint(text)).toBe(`sallyport.config.mjs: ${reason}`)
  })

  it('one that is no JSON', async () => {
    expect(await complaint('{"services": {', 'sallyport.config.json')).toMatch(/^sallyport\.config\.json: .*JSON.*$/)
  })

  it('every mistake in it, each on a line', async () => {
    const text = 'export default { services: { shop: { prefix: "shop", targets: ["http://a", "b"] } } }'
    expect(await complaint(text))
      .toBe(`sallyport.config.mjs: services.shop.prefix: must be a path such as /shop, of letters, digits and - . _ ~
sallyport.config.mjs: services.shop.targets[1]: is no http(s) address`)
  })
})

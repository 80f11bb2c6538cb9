import { mkdtemp, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signing } from '@sallyport/gateway'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeGatewayKeys } from '../commands/admin-gateway-keys.ts'
import { InvalidSettings } from '../settings/settings.ts'
import { GatewayKeysUnusable, pathsOf, replaceKeyFiles } from './key-files.ts'
import { openGatewayKeys } from './open-gateway-keys.ts'

let directory: string
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'sallyport-')), 'gateway-keys')
})
afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }))

const log = pino({ level: 'silent' })
const open = (signingKeyId?: string) =>
  openGatewayKeys({ gatewayKeys: { directory, signingKeyId } }, { log, lookMs: 5 })
const pair = (...keys: readonly Awaited<ReturnType<typeof signing.makeKey>>[]): signing.KeySets => ({
  private: keys.map((key) => key.private),
  public: keys.map((key) => key.public),
})

describe('the gateway’s keys', () => {
  it('E-28 are made at the first start, the private ones for their owner alone', async () => {
    const { keys } = await open()
    expect(await readdir(directory)).toEqual(['keys.lock', 'private.json', 'public.json'])
    expect((await stat(pathsOf(directory).private)).mode & 0o777).toBe(0o600)
    expect(JSON.parse(await readFile(pathsOf(directory).public, 'utf8'))).toEqual({ keys: keys.published() })
    expect(keys.signingKeyId).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('E-28 are the same at the next start, and for gateways that start at once', async () => {
    const opened = await Promise.all([open(), open(), open()])
    const again = await open()
    for (const { keys } of opened) expect(keys.published()).toEqual(again.keys.published())
  })

  it('give the public file back that was lost', async () => {
    const { keys } = await open()
    await unlink(pathsOf(directory).public)
    expect((await open()).keys.published()).toEqual(keys.published())
  })

  it('E-28 that are made later are put beside those before, also when the public file was lost', async () => {
    const { keys } = await open()
    await unlink(pathsOf(directory).public)
    await makeGatewayKeys({ gatewayKeys: { directory, signingKeyId: undefined } }, ['later'])
    const again = await open()
    expect(again.keys.signingKeyId).toBe(keys.signingKeyId)
    expect(again.keys.published().map(({ kid }) => kid)).toEqual([keys.signingKeyId, 'later'])
  })

  it('E-28 are all there when several commands make some at once, and a gateway its first', async () => {
    const make = (...kids: string[]) => makeGatewayKeys({ gatewayKeys: { directory, signingKeyId: undefined } }, kids)
    const [{ keys }] = await Promise.all([open(), make('a', 'b'), make('c'), make('d')])
    const made = (await open()).keys.published().map(({ kid }) => kid)
    const wanted = new Set(['a', 'b', 'c', 'd', keys.signingKeyId])
    expect(made).toHaveLength(wanted.size)
    expect(new Set(made)).toEqual(wanted)
    // One id is had by one of two who want it.
    const outcomes = await Promise.allSettled([make('e'), make('e')])
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  it('E-35 are not made anew beside a public file, whose private one was lost', async () => {
    await open()
    await unlink(pathsOf(directory).private)
    await expect(open()).rejects.toThrow(GatewayKeysUnusable)
    await expect(open()).rejects.toThrow(/SALLYPORT_GATEWAY_KEYS: .*private\.json: it is not there/)
  })

  it.each([
    ['private', '{"keys":[]}', /SALLYPORT_GATEWAY_KEYS: .*private\.json: there is no key in it/],
    ['public', '{"keys":[]}', /SALLYPORT_GATEWAY_KEYS: .*public\.json: the key \S+ is missing/],
    ['public', 'no JSON', /SALLYPORT_GATEWAY_KEYS: .*public\.json: it is not a JWK Set/],
  ] as const)('E-35 stop the start when a file is wrong: %s %s', async (half, content, words) => {
    await open()
    await writeFile(pathsOf(directory)[half], content)
    await expect(open()).rejects.toThrow(words)
  })

  it('E-35 stop the start when the key that is to sign is none of them', async () => {
    await open()
    await expect(open('other')).rejects.toThrow(InvalidSettings)
    await expect(open('other')).rejects.toThrow(/SALLYPORT_GATEWAY_SIGNING_KEY: there is no private key other/)
  })

  it('E-29 are others once their files are, without a start', async () => {
    const opened = await open()
    const following = opened.follow()
    const next = pair(await signing.makeKey('next'), await signing.makeKey('after'))
    await replaceKeyFiles(directory, next, { isFirst: false })
    await expect.poll(() => opened.keys.signingKeyId).toBe('next')
    expect(opened.keys.published()).toEqual(next.public)
    following.stop()
  })

  it('stay as they are while the files are wrong', async () => {
    const first = pair(await signing.makeKey('first'))
    await replaceKeyFiles(directory, first, { isFirst: true })
    const warnings: string[] = []
    const noisy = pino({ level: 'warn' }, { write: (line) => void warnings.push(line) })
    const opened = await openGatewayKeys(
      { gatewayKeys: { directory, signingKeyId: undefined } },
      { log: noisy, lookMs: 5 },
    )
    const following = opened.follow()
    // In one step: half a file would be wrong in another way.
    const written = join(directory, 'written')
    await writeFile(written, '{"keys":[]}', { mode: 0o600 })
    await rename(written, pathsOf(directory).private)
    await expect.poll(() => warnings).toEqual([expect.stringContaining('there is no key in it')])
    expect(opened.keys.signingKeyId).toBe('first')
    const second = pair(await signing.makeKey('second'))
    await replaceKeyFiles(directory, second, { isFirst: false })
    await expect.poll(() => opened.keys.signingKeyId).toBe('second')
    following.stop()
  })
})

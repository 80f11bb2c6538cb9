import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeInstallation, startMigratedParts } from '../support/installation.ts'
import { administratorPassword, partNames, type Parts, untilTold } from '../support/parts.ts'
import { type Holder, msUntilClosed, type Place, placesAtDoors, placesAtPorts } from '../support/places.ts'
import { launch, type Program, startProgram } from '../support/program.ts'
import { field, list, newName, password, post, signIn, text } from './requests.ts'

/** Sallyport in one process or in several. */
interface Mode {
  readonly door: string
  readonly adminDoor: string
  /** Everywhere a token can be shown. */
  readonly places: readonly Place[]
  readonly dataDirectory: string
  /** Within how many milliseconds after the answer a token has ended everywhere. */
  readonly limitMs: number
}

interface Person extends Holder {
  readonly username: string
}

async function register(door: string): Promise<Person> {
  const username = newName()
  const wish = { username, email: `${username}@example.org`, password }
  const uid = text(await post(`${door}/api/auth/accounts`, wish), 'uid')
  return { username, uid, token: await signIn(door, username) }
}

/** What ends tokens of somebody, some of them or all. */
const endings: Readonly<Record<string, (mode: Mode, person: Person) => Promise<void>>> = {
  logout: async ({ door }, { token }) => void (await post(`${door}/api/auth/logout`, undefined, token)),
  async 'a password change by another session'({ door }, { uid, username }) {
    const other = await signIn(door, username)
    const change = { old_password: password, new_password: 'Another-Horse8!' }
    await post(`${door}/api/auth/accounts/${uid}/changePassword`, change, other)
  },
  async 'another role'({ door }, { uid }) {
    const token = await signIn(door, 'admin', administratorPassword)
    await ask('POST', `${door}/authy/role/guest/users/${uid}`, { 'x-access-token': token })
  },
  async deletion({ door }, { uid, token }) {
    await ask('DELETE', `${door}/api/auth/accounts/${uid}`, { authorization: `Bearer ${token}` })
  },
}

async function ask(method: string, url: string, headers: Record<string, string>): Promise<void> {
  const reply = await fetch(url, { method, headers })
  expect(reply.status, await reply.text()).toBe(200)
}

async function expectToEnd(mode: Mode, end: (mode: Mode, person: Person) => Promise<void>): Promise<void> {
  const person = await register(mode.door)
  for (const place of mode.places) expect(await place.open(person), place.name).toBe(200)
  await end(mode, person)
  await Promise.all(mode.places.map((place) => msUntilClosed(place, person, mode.limitMs)))
  for (const place of mode.places) expect(await place.open(person), place.name).toBe(401)
}

async function adminKeys(settings: Readonly<Record<string, string>>, ...args: string[]) {
  const launched = launch(['admin', 'keys', ...args], settings)
  const code = await launched.ended()
  return { code, output: launched.output() }
}

function kidOf(token: string): string {
  return text(JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()), 'kid')
}

/** The ids of the keys that clients of the OpenID provider verify with. */
async function openIdKeys(door: string): Promise<Set<unknown>> {
  const { keys }: { keys?: unknown } = Object(await (await fetch(`${door}/oidc/jwks`)).json())
  return new Set(list(keys).map((key) => field(key, 'kid')))
}

/** `sallyport admin keys`, while the program runs: a token of a revoked key ends like any other, and people go on. */
async function expectKeysToBeRuled(mode: Mode, settings: Readonly<Record<string, string>>): Promise<void> {
  const { door, places } = mode
  const person = await register(door)
  const first = kidOf(person.token)
  expect((await adminKeys(settings, 'list')).output).toMatch(new RegExp(`^${first} {2}RS256 {2}signing\n`))
  const refused = await adminKeys(settings, 'revoke', first)
  expect([refused.code, refused.output]).toEqual([1, expect.stringContaining('with --rotate a new one does at once')])

  const rotated = await adminKeys({ ...settings, SALLYPORT_TOKEN_ALGORITHM: 'ES256' }, 'rotate', '--now')
  const second = /^the key (\S+) signs from/.exec(rotated.output)?.[1] ?? ''
  // From the very first token of the new key on everybody takes it, and those of the old key go on to be good.
  let token = person.token
  await expect
    .poll(async () => {
      token = await signIn(door, person.username)
      await Promise.all(places.map(async (place) => expect(await place.open({ ...person, token })).toBe(200)))
      return kidOf(token)
    })
    .toBe(second)
  for (const place of places) expect(await place.open(person), place.name).toBe(200)
  expect(await openIdKeys(door)).toEqual(new Set([first, second]))

  expect((await adminKeys(settings, 'revoke', first)).code).toBe(0)
  await Promise.all(places.map((place) => msUntilClosed(place, person, 3000)))
  for (const place of places) expect(await place.open({ ...person, token }), place.name).toBe(200)
  expect(await openIdKeys(door)).toEqual(new Set([second]))
  expect((await adminKeys(settings, 'revoke', first)).output).toContain('no token that counts is signed with')
}

describe('in one process', () => {
  let program: Program
  let mode: Mode
  beforeAll(async () => {
    const dataDirectory = await makeInstallation()
    program = await startProgram(dataDirectory, { SALLYPORT_ADMIN_PASSWORD: administratorPassword })
    const { public: door, admin: adminDoor } = program.addresses
    mode = { door, adminDoor, dataDirectory, places: placesAtDoors(door, adminDoor), limitMs: 0 }
  })
  afterAll(async () => {
    await program.stop()
    await rm(mode.dataDirectory, { recursive: true, force: true })
  })

  it.each(Object.keys(endings))('%s ends tokens at once', async (name) => {
    await expectToEnd(mode, endings[name] ?? expect.fail())
  })

  it(
    'keys are rotated and revoked while everything runs, and listed when nothing does',
    { timeout: 90_000 },
    async () => {
      const settings = { SALLYPORT_DATA: mode.dataDirectory }
      await expectKeysToBeRuled(mode, settings)
      await program.stop()
      expect((await adminKeys(settings, 'list')).output).toMatch(/ES256 {2}signing/)
      expect((await adminKeys(settings, 'rotate')).output).toContain('signs from')
      expect((await adminKeys(settings, 'list')).output).toMatch(/RS256 {2}next/)
    },
  )

  it('A-F2 the master key is for its owner alone', async () => {
    expect((await stat(join(mode.dataDirectory, 'master.key'))).mode & 0o777).toBe(0o600)
  })
})

describe('in several processes', () => {
  let parts: Parts
  let mode: Mode
  beforeAll(async () => {
    parts = await startMigratedParts()
    const { door, adminDoor, dataDirectory } = parts
    const places = [...placesAtDoors(door, adminDoor), ...placesAtPorts((service) => parts.urlOf(service))]
    mode = { door, adminDoor, dataDirectory, places, limitMs: 1000 }
  })
  afterAll(async () => {
    await parts.stop()
  })

  // A machine that does other things may hold one up; what is late by itself is late every time.
  it.each(Object.keys(endings))(
    '%s ends tokens everywhere within a second, also at services’ own ports',
    { retry: 2 },
    async (name) => {
      await expectToEnd(mode, endings[name] ?? expect.fail())
    },
  )

  it('keys are rotated and revoked while everything runs', { timeout: 90_000 }, async () => {
    // Of the databases only the one of identity is of interest.
    const { identity, ...others } = Object.fromEntries(
      partNames.map((name) => [name, parts.environment(name)[`DATABASE_URL_${name.toUpperCase()}`] ?? '']),
    )
    await expectKeysToBeRuled(mode, {
      SALLYPORT_DATA: mode.dataDirectory,
      DATABASE_URL_IDENTITY: identity ?? '',
      ...Object.fromEntries(Object.entries(others).map(([name, url]) => [`DATABASE_URL_${name.toUpperCase()}`, url])),
    })
  })

  it('a lost feed is said by every part and makes those not ready that refuse until it is heard again', async () => {
    const settings = { SALLYPORT_INSTANCE: '2', SALLYPORT_PORT: '0', SALLYPORT_REVOCATIONS_FAIL_CLOSED_SECONDS: '2' }
    const { wallet: careful = '' } = await parts.serve('wallet', settings)
    await untilTold(careful)
    const person = await register(mode.door)
    const ready = (url: string) => fetch(`${url}/health/ready`).then((reply) => reply.json())
    const balances = (url: string) =>
      fetch(`${url}/api/tux-management/balances/${person.uid}`, {
        headers: { authorization: `Bearer ${person.token}` },
      })
    await expect.poll(() => ready(careful)).toMatchObject({ status: 'ready', parts: { revocations: 'ready' } })
    await expect
      .poll(() => ready(mode.adminDoor))
      .toMatchObject({ status: 'ready', parts: { 'gateway.revocations': 'ready' } })
    expect((await balances(careful)).status).toBe(200)

    await parts.end('identity', 'SIGKILL')
    await expect.poll(() => ready(careful)).toMatchObject({ status: 'not ready', parts: { revocations: 'lost' } })
    await expect
      .poll(() => ready(parts.urlOf('wallet')))
      .toMatchObject({ status: 'ready', parts: { revocations: 'degraded: lost' } })
    // The door is not ready for want of identity, which it would be without.
    await expect
      .poll(() => ready(mode.door))
      .toMatchObject({
        status: 'not ready',
        parts: { identity: 'not reached', 'gateway.revocations': 'degraded: lost' },
      })
    await expect.poll(async () => (await balances(careful)).status).toBe(503)
    const refusal = await balances(careful)
    expect([refusal.headers.get('retry-after'), await refusal.json()]).toEqual([
      '1',
      { detail: 'it cannot be told now whether the token still counts' },
    ])
    expect((await balances(mode.door)).status).toBe(200)

    await parts.serve('identity')
    await expect.poll(async () => (await balances(careful)).status).toBe(200)
    await expect.poll(() => ready(careful)).toMatchObject({ parts: { revocations: 'ready' } })
  })
})

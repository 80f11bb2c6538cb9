import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cluster, isAlive, startCluster } from '../support/cluster.ts'
import { launch } from '../support/program.ts'
import { type Campus, openCampus, query, textOf } from './campus.ts'

/*
 * The processes of `sallyport cluster`: one start for all, each stopped, started and killed alone, and the end of all.
 */

const databases = ['primary', 'secondary-1', 'secondary-2']
const parts = [
  'identity',
  'wallet',
  'gacha',
  'auction',
  'enrollment.1',
  'enrollment.2',
  'enrollment.3',
  'pictures',
  'gateway',
]
/** What processes may take to start, which is no promise to anybody. */
const patience = { timeout: 60_000, interval: 50 }

let cluster: Cluster
let campus: Campus
let ada: string

beforeAll(async () => {
  cluster = await startCluster({ SALLYPORT_PASSWORD_HASH: 'pbkdf2_sha256' })
  campus = openCampus(cluster)
  ada = textOf(await campus.register(), 'username')
})
afterAll(() => cluster?.stop())

async function pids(): Promise<Record<string, number | null>> {
  const { instances } = await cluster.addresses()
  return Object.fromEntries(Object.entries(instances).map(([name, { pid }]) => [name, pid]))
}

/** Waits until `addresses.json` names a process for each of these that is none of those. */
async function untilReplaced(names: readonly string[], before: Readonly<Record<string, number | null>>): Promise<void> {
  for (const name of names)
    await expect.poll(async () => (await pids())[name], patience).not.toBeOneOf([before[name], null])
}

async function untilLoginWorks(): Promise<void> {
  await expect
    .poll(
      () =>
        campus.logIn(ada).then(
          ({ status }) => status,
          () => 0,
        ),
      patience,
    )
    .toBe(200)
}

describe('sallyport cluster', () => {
  it('E-2 runs every process, each with an id and an address of its own, and shows what each writes', async () => {
    const { public: door, instances } = await cluster.addresses()
    expect(Object.keys(instances).sort()).toEqual([...databases, ...parts].sort())
    for (const [name, { pid }] of Object.entries(instances)) expect(await isAlive(pid), name).toBe(true)
    expect(new Set(Object.values(instances).map(({ url }) => url)).size).toBe(databases.length + parts.length)
    expect(instances['gateway']?.url).toBe(door)
    for (const name of parts) expect(cluster.output()).toContain(`\n${name} | `)
  })

  it('E-4 listens on this machine alone', async () => {
    const { instances } = await cluster.addresses()
    for (const name of parts) expect(instances[name]?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    for (const name of databases) expect(instances[name]?.url).toMatch(/^postgres:\/\/identity@localhost\/.*host=%2F/)
  })

  it('T-2 E-18 stores passwords in the form that the seed has, when it is told to', async () => {
    const stored = 'select password_hash as value from account where username = $1'
    expect(await query(await cluster.urlOf('secondary-1'), stored, [ada])).toMatch(
      /^pbkdf2_sha256\$260000\$[0-9a-f]{32}\$[A-Za-z0-9+/]{43}=$/,
    )
    expect((await campus.logIn(ada)).status).toBe(200)
  })

  it('E-2 is told from another terminal, and says what it does not know', async () => {
    const { code, output } = await cluster.say('status', '--json')
    expect(code).toBe(0)
    const { instances } = await cluster.addresses()
    const { members }: Record<string, unknown> = JSON.parse(output)
    expect(members).toHaveLength(databases.length + parts.length)
    expect(members).toEqual(
      expect.arrayContaining(Object.entries(instances).map(([name, where]) => ({ name, state: 'running', ...where }))),
    )
    const unknown = await cluster.say('stop', 'enrollment.4')
    expect(unknown.code).toBe(1)
    expect(unknown.output).toContain('there is no enrollment.4; there are primary, ')
  })

  it('refuses a second one in the same directory', async () => {
    const second = launch(['cluster'], { SALLYPORT_DATA: cluster.dataDirectory })
    expect(await second.ended()).toBe(1)
    expect(second.output()).toContain('a cluster runs on')
    expect((await campus.logIn(ada)).status).toBe(200)
  })

  it('E-2 stops and starts each alone, at the same address, and addresses.json is true', async () => {
    const before = await cluster.addresses()
    const some = ['secondary-1', 'enrollment.2', 'wallet']
    await Promise.all(some.map((name) => cluster.stopMember(name)))
    const { instances } = await cluster.addresses()
    for (const [name, { pid }] of Object.entries(before.instances)) {
      expect(instances[name]?.pid, name).toBe(some.includes(name) ? null : pid)
      expect(await isAlive(pid), name).toBe(!some.includes(name))
    }
    await Promise.all(some.map((name) => cluster.startMember(name)))
    const after = await cluster.addresses()
    for (const name of some) {
      expect(after.instances[name]).toEqual({ url: before.instances[name]?.url, pid: expect.any(Number) })
      expect(after.instances[name]?.pid).not.toBe(before.instances[name]?.pid)
    }
  })

  it('starts again whoever is killed, at the same address', async () => {
    const before = await cluster.addresses()
    const victims = ['gateway', 'identity', 'enrollment.3', 'primary', 'secondary-2']
    const killed = await pids()
    for (const name of victims) await cluster.killMember(name)
    await untilReplaced(victims, killed)
    await untilLoginWorks()
    // One that comes back before its database does ends, and is started once more.
    await expect
      .poll(
        async () => Promise.all(Object.values((await cluster.addresses()).instances).map(({ pid }) => isAlive(pid))),
        patience,
      )
      .not.toContain(false)
    const after = await cluster.addresses()
    expect([after.public, after.admin]).toEqual([before.public, before.admin])
    for (const [name, { url }] of Object.entries(after.instances)) expect(url, name).toBe(before.instances[name]?.url)
    await expect.poll(async () => (await campus.register()).status, patience).toBe(201)
  })

  it('killed itself: its parts end, the databases go on, and the next start takes them over', async () => {
    const before = await pids()
    const late = textOf(await campus.register(), 'username')
    await cluster.kill()
    for (const name of parts) await expect.poll(() => isAlive(before[name]), patience).toBe(false)
    for (const name of databases) expect(await isAlive(before[name]), name).toBe(true)

    await cluster.startAgain()
    const after = await pids()
    for (const name of databases) expect(after[name], name).toBe(before[name])
    for (const name of parts) expect(await isAlive(after[name]), name).toBe(true)
    expect(
      (await openCampus(await cluster.addresses().then(({ public: door }) => ({ door }))).logIn(late)).status,
    ).toBe(200)
  })

  it('leaves nothing behind when it is stopped in order', async () => {
    const before = await pids()
    await cluster.stop()
    for (const [name, pid] of Object.entries(before)) expect(await isAlive(pid), name).toBe(false)
    expect(cluster.output()).not.toContain('not everything has stopped in time')
  })
})

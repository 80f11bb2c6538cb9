import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askForStatus, ClusterRefused, order, takeOrders } from './control.ts'
import { type Member, MemberFailed, type MemberState } from './member.ts'

let dataDirectory: string
let control: { close(): Promise<void> }
let told: string[]

beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'sallyport-control-'))
  told = []
  control = await takeOrders(dataDirectory, [memberNamed('enrollment.1'), memberNamed('gateway')])
})
afterEach(async () => {
  await control.close()
  await rm(dataDirectory, { recursive: true })
})

/** One that writes down what it is told to, and cannot start when it is the gateway. */
function memberNamed(name: string): Member {
  let state: MemberState = 'running'
  return {
    name,
    url: `http://${name}.test`,
    pid: undefined,
    get state() {
      return state
    },
    async start() {
      told.push(`start ${name}`)
      if (name === 'gateway') throw new MemberFailed('gateway ended at its start')
      state = 'running'
    },
    async stop() {
      told.push(`stop ${name}`)
      state = 'stopped'
    },
  }
}

async function whereabouts(): Promise<{ url: string; token: string }> {
  const { url, token }: Record<string, unknown> = JSON.parse(
    await readFile(join(dataDirectory, 'cluster.json'), 'utf8'),
  )
  return { url: String(url), token: String(token) }
}

async function post(path: string, authorization?: string): Promise<{ status: number; body: unknown }> {
  const { url } = await whereabouts()
  const reply = await fetch(`${url}${path}`, { method: 'POST', ...(authorization && { headers: { authorization } }) })
  return { status: reply.status, body: await reply.json() }
}

describe('the orders that a cluster takes', () => {
  it('E-2 stop, start and restart a member, and tell how all of them are', async () => {
    expect(await order(dataDirectory, 'stop', 'enrollment.1')).toEqual([
      { name: 'enrollment.1', state: 'stopped', url: 'http://enrollment.1.test', pid: null },
      { name: 'gateway', state: 'running', url: 'http://gateway.test', pid: null },
    ])
    expect(await order(dataDirectory, 'start', 'enrollment.1')).toEqual(await askForStatus(dataDirectory))
    await order(dataDirectory, 'restart', 'enrollment.1')
    expect(told).toEqual(['stop enrollment.1', 'start enrollment.1', 'stop enrollment.1', 'start enrollment.1'])
  })

  it.each([
    ['no token', undefined],
    ['another token', `Bearer ${'x'.repeat(43)}`],
    ['a token that is too long', `Bearer ${'x'.repeat(4000)}`],
    ['the scheme alone', 'Bearer '],
  ])('are refused with %s', async (_, authorization) => {
    expect(await post('/members/enrollment.1/stop', authorization)).toEqual({
      status: 401,
      body: { refused: 'not allowed' },
    })
    expect(told).toEqual([])
  })

  it('are to be read by the owner of the data directory alone', async () => {
    expect((await stat(join(dataDirectory, 'cluster.json'))).mode & 0o777).toBe(0o600)
  })

  it('name who is there when they are for somebody else', async () => {
    await expect(order(dataDirectory, 'stop', 'enrollment.9')).rejects.toThrow(
      new ClusterRefused('there is no enrollment.9; there are enrollment.1, gateway'),
    )
  })

  it.each(['/members/gateway/kill', '/members/gateway', '/members/a/b/stop', '/', '/members/%E0%A4%A/stop'])(
    'are none at %s',
    async (path) => {
      const { token } = await whereabouts()
      expect(await post(path, `Bearer ${token}`)).toMatchObject({ status: 404, body: { refused: expect.any(String) } })
      expect(told).toEqual([])
    },
  )

  it('say why a member does not start', async () => {
    await expect(order(dataDirectory, 'restart', 'gateway')).rejects.toThrow(
      new ClusterRefused('gateway ended at its start'),
    )
    expect(told).toEqual(['stop gateway', 'start gateway'])
  })
})

describe('where there is no cluster', () => {
  const refusal = () => new ClusterRefused(`no cluster runs on ${dataDirectory}`)

  it('says so after it was stopped in order, and leaves nothing behind', async () => {
    await control.close()
    await expect(askForStatus(dataDirectory)).rejects.toThrow(refusal())
    expect(await readdir(dataDirectory)).toEqual([])
  })

  it('leaves alone what another one has written down', async () => {
    const other = JSON.stringify({ url: 'http://127.0.0.1:9', token: 'another' })
    await writeFile(join(dataDirectory, 'cluster.json'), other)
    await control.close()
    expect(await readFile(join(dataDirectory, 'cluster.json'), 'utf8')).toBe(other)
  })

  it('says so after it was killed', async () => {
    const found = await whereabouts()
    await control.close()
    await writeFile(join(dataDirectory, 'cluster.json'), JSON.stringify(found))
    await expect(order(dataDirectory, 'stop', 'gateway')).rejects.toThrow(refusal())
  })

  it('says so when the file is something else', async () => {
    await writeFile(join(dataDirectory, 'cluster.json'), '{"url": 1}')
    await expect(askForStatus(dataDirectory)).rejects.toThrow(refusal())
    await writeFile(join(dataDirectory, 'cluster.json'), 'no JSON')
    await expect(askForStatus(dataDirectory)).rejects.toThrow(refusal())
  })
})

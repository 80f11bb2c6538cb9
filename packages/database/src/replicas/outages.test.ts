import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { secondaries, startAccounts } from '../fixtures/accounts.ts'
import { ask, signalServer } from '../fixtures/cluster.ts'
import { ReplicasUnavailable } from './failures.ts'

let on: Awaited<ReturnType<typeof startAccounts>>
beforeAll(async () => (on = await startAccounts()))
afterAll(() => on.stop())
beforeEach(() => on.open())
afterEach(() => on.close())

describe('a standby that is behind', () => {
  beforeEach(() => on.replaying(0, false))
  afterEach(() => on.replaying(0, true))
  /** Until the other one has what was committed: where it takes long, the primary is asked in its place. */
  const untilOtherKnows = () => on.cluster.settle(on.cluster.standbys.slice(1))

  it('E-70 says neither that somebody is not there nor that a password is wrong', async () => {
    for (let n = 0; n < 6; n += 1) {
      const name = await on.register()
      await untilOtherKnows()
      expect(await on.logIn(name)).toMatchObject({ value: true, copy: 'secondary-2' })
      await on.changePassword(name, 'new')
      await untilOtherKnows()
      expect(await on.logIn(name, 'new')).toMatchObject({ value: true, copy: 'secondary-2' })
      expect(await on.logIn(name, 'secret')).toMatchObject({ value: false, copy: 'secondary-2' })
    }
  })

  it('E-70 still says who is there, unless that was changed', async () => {
    await on.replaying(0, true)
    const [known, changed] = [await on.register(), await on.register()]
    await on.cluster.settle()
    await on.replaying(0, false)
    await on.changePassword(changed, 'new')
    await on.cluster.standbys[1].stop()
    await on.cluster.primary.stop()
    try {
      expect(await on.logIn(known)).toEqual({ value: true, copy: 'secondary-1' })
      // It would find the old password and take it for right, and the new one for wrong.
      await expect(on.logIn(changed, 'secret')).rejects.toThrow(ReplicasUnavailable)
      await expect(on.logIn(changed, 'new')).rejects.toThrow(ReplicasUnavailable)
      await expect(on.logIn(known, 'wrong')).rejects.toThrow(ReplicasUnavailable)
    } finally {
      await on.cluster.restartPrimary()
      await on.cluster.standbys[1].start()
      await on.untilUp('primary', 'secondary-2')
    }
  })

  it('E-69 has its turns back when it has caught up', async () => {
    const name = await on.register()
    await untilOtherKnows()
    expect(new Set(await on.copiesOf(4, name))).toEqual(new Set(['secondary-2']))
    await on.replaying(0, true)
    await on.untilInTurn(name)
  })
})

describe('a standby that is dead', () => {
  it('E-69 T-13 fails no login when it is killed, and has its turns back after a restart', async () => {
    const name = await on.register()
    await on.cluster.settle()
    const { pid = 0 } = on.cluster.standbys[0]
    process.kill(pid, 'SIGKILL')
    expect(new Set(await on.copiesOf(20, name))).toEqual(new Set(['secondary-2']))
    const later = await on.register()
    await expect.poll(() => on.cluster.standbys[0].pid).toBeUndefined()
    expect(await on.cluster.standbys[0].start()).toBe('started')
    await on.untilInTurn(later)
  })

  it('E-69 T-13 fails no login when it is suspended, and has its turns back when it goes on', async () => {
    const name = await on.register()
    await on.cluster.settle()
    await signalServer(on.cluster.standbys[1].pid, 'SIGSTOP')
    try {
      expect(new Set(await on.copiesOf(20, name))).toEqual(new Set(['secondary-1']))
      expect(await on.logIn(await on.register())).toEqual({ value: true, copy: 'secondary-1' })
    } finally {
      await signalServer(on.cluster.standbys[1].pid, 'SIGCONT')
    }
    await on.untilInTurn(name)
  })

  it('E-69 fails no login when only its first process is suspended', async () => {
    const name = await on.register()
    await on.cluster.settle()
    const { pid = 0 } = on.cluster.standbys[0]
    process.kill(pid, 'SIGSTOP')
    try {
      await on.copiesOf(10, name)
      const fresh = await on.register()
      for (let n = 0; n < 4; n += 1) expect(await on.logIn(fresh)).toMatchObject({ value: true })
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await on.untilInTurn(name)
  })

  it('E-69 T-13 leaves it to the primary when both are, and to nobody when that is too', async () => {
    const name = await on.register()
    await on.cluster.settle()
    try {
      for (const standby of on.cluster.standbys) await signalServer(standby.pid, 'SIGSTOP')
      expect(new Set(await on.copiesOf(6, name))).toEqual(new Set(['primary']))
      expect(await on.logIn(name, 'wrong')).toEqual({ value: false, copy: 'primary' })
      await signalServer(on.cluster.primary.pid, 'SIGSTOP')
      await expect(on.logIn(name)).rejects.toThrow(ReplicasUnavailable)
      expect(on.replicas.nodes().map(({ state }) => state)).toEqual(['down', 'down', 'down'])
    } finally {
      await signalServer(on.cluster.primary.pid, 'SIGCONT')
      for (const standby of on.cluster.standbys) await signalServer(standby.pid, 'SIGCONT')
    }
    await on.untilInTurn(name)
  })
})

describe('a standby whose files are damaged', () => {
  it('E-69 fails no login, is named, and has its turns back when it was made afresh', async () => {
    const name = await on.register()
    // Otherwise the log makes the page whole again.
    await ask({ ...on.cluster.owner, user: 'postgres' }, 'checkpoint')
    await on.cluster.settle()
    const [standby] = on.cluster.standbys
    const file = await ask(standby.connection('identity'), `select pg_relation_filepath('account') as value`)
    await standby.stop()
    await writeFile(join(on.cluster.dataDirectory, 'secondary-1', String(file)), Buffer.alloc(8192, 'x'))
    await standby.start()
    await on.untilUp(...secondaries)
    expect(new Set(await on.copiesOf(10, name))).toEqual(new Set(['secondary-2']))
    expect(on.changes).toContainEqual(expect.objectContaining({ name: 'secondary-1', isUp: false, isDamaged: true }))
    await standby.renew()
    await on.untilInTurn(name)
  })
})

describe('without the primary', () => {
  it('E-68 T-13 logins work, registrations do not, and nothing committed is lost', async () => {
    const committed = await Promise.all(Array.from({ length: 10 }, () => on.register()))
    await on.cluster.settle()
    process.kill(on.cluster.primary.pid, 'SIGKILL')
    await expect.poll(() => on.replicas.nodes()[0]).toMatchObject({ name: 'primary', state: 'down' })
    await expect(on.register()).rejects.toThrow(ReplicasUnavailable)
    const copies = []
    for (const name of committed) {
      expect(await on.logIn(name)).toMatchObject({ value: true })
      expect(await on.logIn(name, 'wrong')).toMatchObject({ value: false })
      copies.push((await on.logIn('nobody')).copy)
    }
    expect(copies.filter((copy) => copy === 'secondary-1')).toHaveLength(5)
    await on.cluster.restartPrimary()
    await on.untilUp('primary')
    for (const name of committed) expect(await on.logIn(name)).toMatchObject({ value: true })
    // The standbys follow it again by themselves.
    const name = await on.register()
    await on.untilInTurn(name)
  })

  it('E-69 nothing waits for one that hangs', async () => {
    const name = await on.register()
    await on.cluster.settle()
    await signalServer(on.cluster.primary.pid, 'SIGSTOP')
    try {
      // Noticed while they wait, or before.
      await expect(on.register()).rejects.toThrow(ReplicasUnavailable)
      await expect(on.changePassword(name, 'new')).rejects.toThrow(ReplicasUnavailable)
      await on.replicas.committed()
      expect(new Set(await on.copiesOf(4, name))).toEqual(new Set(secondaries))
      // Something was committed, and nobody can say where.
      await expect(on.logIn(name, 'wrong')).rejects.toThrow(ReplicasUnavailable)
      await on.replicas.committed(name)
      await expect(on.logIn(name)).rejects.toThrow(ReplicasUnavailable)
    } finally {
      await signalServer(on.cluster.primary.pid, 'SIGCONT')
    }
    await on.untilUp('primary')
    expect(await on.logIn(name, 'wrong')).toMatchObject({ value: false })
  })
})

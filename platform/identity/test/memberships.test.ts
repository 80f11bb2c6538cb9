import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startIdentity, type TestIdentity } from './support.ts'

let first: TestIdentity

beforeAll(async () => {
  first = await startIdentity()
  await first.service.start()
})
beforeEach(() => {
  for (const member of [first.wallet, first.gacha, first.auction]) {
    member.away = false
    member.heard.length = 0
  }
})
afterAll(async () => {
  await first.stop()
  await first.testDatabase.drop()
})

let count = 0
const person = () => {
  count += 1
  return { username: `ada_${count}`, email: `ada${count}@example.org`, password: 'Correct-Horse7!' }
}

async function owed(): Promise<number> {
  const { rows } = await first.testDatabase.database.pool.query('select count(*)::int as n from graphile_worker.jobs')
  return rows[0].n
}

const nobody = { kind: 'anonymous', address: '' } as const

describe('what an account has at other services (market §10)', () => {
  it('is there when the registration is answered, and nothing is owed', async () => {
    const { uid } = await first.identity.accounts.register(person(), 'market', nobody)
    expect(first.gacha.heard).toEqual([`openCollection ${uid}`])
    expect(first.wallet.heard).toEqual([`openWallet ${uid}`])
    expect(first.auction.heard).toEqual([`openPlayer ${uid}`])
    await expect.poll(owed).toBe(0)
  })

  it('is gone when the deletion is answered', async () => {
    const { uid } = await first.identity.accounts.register(person(), 'market', nobody)
    await first.identity.accounts.remove(uid, nobody)
    expect(first.gacha.heard).toEqual([`openCollection ${uid}`, `closeCollection ${uid}`])
    expect(first.wallet.heard).toEqual([`openWallet ${uid}`, `closeWallet ${uid}`])
    expect(first.auction.heard).toEqual([`openPlayer ${uid}`, `closePlayer ${uid}`])
    await expect.poll(owed).toBe(0)
  })

  it('does not change the answer when a service is away, and is made up for later', async () => {
    first.wallet.away = true
    const { uid } = await first.identity.accounts.register(person(), 'market', nobody)
    await expect.poll(owed).toBe(1)

    // The program ends and is started again, before the job was due.
    await first.stop()
    first.wallet.away = false
    first.wallet.heard.length = 0
    first = await startIdentity(first)
    await first.service.start()
    expect(first.wallet.heard).toEqual([`openWallet ${uid}`])
    await expect.poll(owed).toBe(0)
  })

  it('is no longer opened when the account is deleted first', async () => {
    first.wallet.away = true
    const { uid } = await first.identity.accounts.register(person(), 'market', nobody)
    first.wallet.away = false
    await first.identity.accounts.remove(uid, nobody)
    await expect.poll(owed).toBe(0)
    expect(first.wallet.heard).toEqual([`openWallet ${uid}`, `closeWallet ${uid}`])
    expect(first.auction.heard).toEqual([`openPlayer ${uid}`, `closePlayer ${uid}`])
  })

  it('is not opened for somebody who was not registered', async () => {
    const taken = person()
    await first.identity.accounts.register(taken, 'market', nobody)
    first.wallet.heard.length = 0
    await expect(first.identity.accounts.register({ ...taken, username: 'other' }, 'market', nobody)).rejects.toThrow(
      'already in use',
    )
    expect(first.wallet.heard).toEqual([])
    await expect.poll(owed).toBe(0)
  })

  it('is nothing for an administrator, who is no player', async () => {
    await first.identity.accounts.registerAdministrator({ ...person(), username: 'root' })
    expect(first.wallet.heard).toEqual([])
    expect(await first.identity.hasAdministrator()).toBe(true)
  })
})

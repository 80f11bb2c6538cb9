import { randomBytes } from 'node:crypto'
import { openDatabase } from '@sallyport/database'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { type AccountId, newId, systemClock } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAudit } from '../src/audit/audit.ts'
import { chainKeys } from '../src/audit/chain.ts'
import { erasePersonal, holdChain } from '../src/audit/erasing.ts'
import { sealBatch } from '../src/audit/sealer.ts'
import { verifyAudit } from '../src/audit/verification.ts'
import { type IdentityDatabase, migrations } from '../src/index.ts'

const masterKey = randomBytes(32)
const keys = chainKeys(masterKey)
const audit = createAudit(systemClock)

let test: TestDatabase<IdentityDatabase>
let uid: AccountId
beforeEach(async () => {
  test = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
  uid = newId<AccountId>()
})
afterEach(() => test.drop())

async function record(address: string, details = {}, kind: 'sign-out' | 'api-key.created' = 'sign-out'): Promise<void> {
  await audit.record(test.database.db, { kind, by: { kind: 'account', uid, address }, subject: uid, details })
}

const erase = (most?: number) =>
  test.database.db.transaction().execute(async (tx) => {
    await holdChain(tx, keys)
    return erasePersonal(tx, keys, sql`event.actor = ${uid}`, most)
  })
const verify = () => verifyAudit(test.database.db, masterKey)
const rows = async () => (await test.database.pool.query('select * from audit_event order by id')).rows

async function tamper(statements: string): Promise<void> {
  const superuser = openDatabase({ connection: { ...test.ownerConnection, user: 'postgres' }, service: 'identity' })
  await superuser.pool.query(`set session_replication_role = replica; ${statements}`)
  await superuser.close()
}

describe('erasing what is personal in the trail', () => {
  it('removes addresses and names of keys, leaves the rest, and the chain is right and says so', async () => {
    await record('192.0.2.7', { on: 'market' })
    await record('192.0.2.7', { key: 'k', name: 'the telephone of Ada' }, 'api-key.created')
    await record('192.0.2.8')
    await sealBatch(test.database.db, keys.links, 2)
    expect(await erase()).toBe(3)
    expect(await rows()).toMatchObject([
      { address: null, salt: null, actor: uid, details: { on: 'market' } },
      { address: null, salt: null, actor: uid, details: { key: 'k' } },
      { address: null, salt: null, actor: uid, details: {} },
    ])
    expect(JSON.stringify((await rows()).map(({ details, address }) => [details, address]))).not.toMatch(/Ada|192/)
    expect(await verify()).toMatchObject({ links: 3n, erased: 3n, firstBreak: undefined, pending: 0n })
    expect(await erase()).toBe(0)
  })

  it('also of events from before they had salts', async () => {
    await record('192.0.2.7')
    await tamper('update audit_event set salt = null')
    await record('192.0.2.8')
    expect(await erase()).toBe(2)
    expect(await verify()).toMatchObject({ links: 2n, erased: 2n, firstBreak: undefined })
  })

  it('makes nothing right that was wrong before', async () => {
    for (const address of ['1', '2', '3']) await record(address)
    await sealBatch(test.database.db, keys.links)
    await tamper(`update audit_event set kind = 'sign-in.refused' where id = 2`)
    await erase()
    expect((await verify()).firstBreak).toMatchObject({ sequence: 2n })
  })

  it('cannot be done without the key: what is left is certified, and so is its place', async () => {
    for (const address of ['1', '2', '3', '4']) await record(address)
    await sealBatch(test.database.db, keys.links)
    await tamper('update audit_event set address = null, salt = null, erased_mac = sha256(address::bytea) where id = 2')
    expect((await verify()).firstBreak).toMatchObject({ sequence: 2n, eventId: 2n })
  })

  it.each([
    `update audit_event set kind = 'sign-in.succeeded' where id = 2`,
    `update audit_event set address = '192.0.2.1' where id = 2`,
    `update audit_event set details = '{"on": "accounts"}' where id = 2`,
    `update audit_link set mac = sha256('x') where sequence = 2`,
    `update audit_event set erased_mac = (select erased_mac from audit_event where id = 3) where id = 2`,
  ])('leaves a trail in which a change is found: %s', async (change) => {
    for (const address of ['1', '2', '3', '4']) await record(address, { on: 'market' })
    await erase()
    await tamper(change)
    expect((await verify()).firstBreak).toMatchObject({ sequence: 2n, eventId: 2n })
  })

  it.each([
    `address = '192.0.2.9', salt = null, erased_mac = sha256('x')`,
    `address = null, salt = null`,
    `address = null, salt = null, erased_mac = sha256('x'), kind = 'sign-in.refused'`,
    `address = null, salt = null, erased_mac = sha256('x'), details = '{"more": 1}'`,
    `address = null, salt = null, erased_mac = sha256('x'), actor = gen_random_uuid()`,
  ])('is the only change that the database takes, not %s', async (change) => {
    await record('192.0.2.7')
    const owner = openDatabase({ connection: test.ownerConnection, service: 'identity' })
    await expect(owner.pool.query(`update audit_event set ${change}`)).rejects.toThrow('refused')
    await owner.close()
  })

  it('adds to the chain alone while it works, whoever else would', async () => {
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 5 }, () => record('192.0.2.7')))
      await Promise.all([
        sealBatch(test.database.db, keys.links),
        erase(),
        sealBatch(test.database.db, keys.links),
        erase(),
      ])
    }
    await erase()
    expect(await verify()).toMatchObject({ links: 50n, erased: 50n, firstBreak: undefined })
  })

  it('can be done a part at a time', async () => {
    for (const address of ['1', '2', '3']) await record(address)
    expect([await erase(2), await erase(2), await erase(2)]).toEqual([2, 1, 0])
    expect(await verify()).toMatchObject({ links: 3n, erased: 3n, firstBreak: undefined })
  })
})

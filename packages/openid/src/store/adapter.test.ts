import { randomBytes } from 'node:crypto'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errors } from '../library.ts'
import { createAdapter, type Sealing } from './adapter.ts'
import type { OpenIdDatabase } from './openid-database.ts'
import { removeRecordsOfAccount } from './record-store.ts'
import { createRecords, type Records } from './records.ts'
import { sweepRecords } from './sweeping.ts'

const migrations = new URL('../../migrations', import.meta.url).pathname
const sealing: Sealing = {
  seal: (text) => `sealed ${Buffer.from(text).toString('base64')}`,
  open: (sealed) => Buffer.from(sealed.slice('sealed '.length), 'base64').toString(),
}
const noon = Date.UTC(2026, 5, 1, 12)
const clock = { time: noon, now: () => new Date(clock.time) }
let test: TestDatabase<OpenIdDatabase>
let records: Records
let revoked: string[]

beforeAll(async () => {
  test = await createTestDatabase<OpenIdDatabase>({ service: 'openid', migrations })
  records = createRecords(test.database.db)
})
afterAll(() => test.drop())
beforeEach(() => {
  clock.time = noon
  revoked = []
})

const adapter = (model: string, using = records) =>
  createAdapter(model, {
    db: test.database.db,
    records: using,
    clock,
    sealing,
    onRevoked: async (sessions) => void revoked.push(...sessions),
  })
/** As another process has it: what it asks for is in statements of its own. */
const elsewhere = (model: string) => adapter(model, createRecords(test.database.db))
const newId = () => randomBytes(16).toString('base64url')

/** Everything in the table, as somebody sees it who has got hold of a copy. */
async function copyOfTable(): Promise<string> {
  const { rows } = await sql<{ row: string }>`select openid_record::text as row from openid_record`.execute(
    test.database.db,
  )
  return rows.map(({ row }) => row).join('\n')
}

async function countRecords(): Promise<number> {
  const { count } = await test.database.db
    .selectFrom('openid_record')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

describe('a record of the provider', () => {
  it('comes back as it was put, with its id', async () => {
    const id = newId()
    const payload = { jti: id, kind: 'AccessToken', accountId: 'ada', scope: 'openid', exp: 17 }
    await adapter('AccessToken').upsert(id, payload, 60)
    expect(await adapter('AccessToken').find(id)).toEqual(payload)
  })

  it('is another for every model', async () => {
    const id = newId()
    await adapter('AccessToken').upsert(id, { jti: id }, 60)
    expect(await adapter('RefreshToken').find(id)).toBeUndefined()
  })

  it('is replaced by what is put under the same id', async () => {
    const [id, uid] = [newId(), newId()]
    await adapter('Session').upsert(id, { jti: id, uid }, 60)
    await adapter('Session').upsert(id, { jti: id, uid, accountId: 'ada' }, 60)
    expect(await adapter('Session').find(id)).toEqual({ jti: id, uid, accountId: 'ada' })
  })

  it('comes back to whom asked for it, among many that are written and read at once', async () => {
    const ids = Array.from({ length: 150 }, newId)
    await Promise.all(ids.map((id) => adapter('AccessToken').upsert(id, { jti: id, scope: id.slice(0, 4) }, 60)))
    const unknown = newId()
    const found = await Promise.all([unknown, ...ids].map((id) => adapter('AccessToken').find(id)))
    expect(found).toEqual([undefined, ...ids.map((id) => ({ jti: id, scope: id.slice(0, 4) }))])
  })

  it('that cannot be kept keeps nobody else from being kept', async () => {
    const [good, bad, better] = [newId(), newId(), newId()]
    const texts = { [good]: 'fine', [bad]: 'not \u0000 fine', [better]: 'fine' }
    const kept = await Promise.allSettled(
      Object.entries(texts).map(([id, state]) => adapter('Interaction').upsert(id, { jti: id, scope: state }, 60)),
    )
    expect(kept.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(await adapter('Interaction').find(better)).toEqual({ jti: better, scope: 'fine' })
  })

  it('is what was written last when it is written twice at once', async () => {
    const id = newId()
    const write = (scope: string) => adapter('Session').upsert(id, { jti: id, scope }, 60)
    await Promise.all([write('first'), write('last')])
    expect(await adapter('Session').find(id)).toEqual({ jti: id, scope: 'last' })
  })

  it('is gone once destroyed', async () => {
    const id = newId()
    await adapter('Grant').upsert(id, { jti: id }, 60)
    await adapter('Grant').destroy(id)
    expect(await adapter('Grant').find(id)).toBeUndefined()
  })

  it('is found by the uid of a browser session, without the id that its cookie carries', async () => {
    const [id, uid] = [newId(), newId()]
    await adapter('Session').upsert(id, { jti: id, uid, accountId: 'ada' }, 60)
    expect(await adapter('Session').findByUid(uid)).toEqual({ uid, accountId: 'ada' })
  })

  it('is found by the code a person types, with the code of the device', async () => {
    const [id, userCode] = [newId(), newId()]
    await adapter('DeviceCode').upsert(id, { jti: id, userCode }, 60)
    expect(await adapter('DeviceCode').findByUserCode(userCode)).toEqual({ jti: id, userCode })
  })

  it('does not let two devices have one code', async () => {
    const [first, second, userCode] = [newId(), newId(), newId()]
    await adapter('DeviceCode').upsert(first, { jti: first, userCode }, 60)
    await expect(adapter('DeviceCode').upsert(second, { jti: second, userCode }, 60)).rejects.toThrow('duplicate key')
  })
})

describe('whoever copies the table', () => {
  it('finds nothing in it that can be presented', async () => {
    const [token, device, cookie, pushed, interaction] = [newId(), newId(), newId(), newId(), newId()]
    await adapter('RefreshToken').upsert(token, { jti: token, kind: 'RefreshToken' }, 60)
    await adapter('DeviceCode').upsert(device, { jti: device, userCode: newId() }, 60)
    const asked = { jti: interaction, deviceCode: device, parJti: pushed, session: { uid: 'u', cookie } }
    await adapter('Interaction').upsert(interaction, asked, 60)
    const copy = await copyOfTable()
    for (const bearer of [token, device, cookie, pushed, interaction]) expect(copy).not.toContain(bearer)
    expect(await adapter('Interaction').find(interaction)).toEqual({ ...asked, session: { uid: 'u' } })
  })
})

describe('a code or token that can be used once', () => {
  it.each([
    ['in one process', adapter],
    ['in as many processes', elsewhere],
  ])('is used by one of twenty who come at once, %s', async (_where, adapterThere) => {
    const id = newId()
    await adapter('RefreshToken').upsert(id, { jti: id }, 60)
    const uses = await Promise.allSettled(Array.from({ length: 20 }, () => adapterThere('RefreshToken').consume(id)))
    expect(uses.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const use of uses) if (use.status === 'rejected') expect(use.reason).toBeInstanceOf(errors.InvalidGrant)
  })

  it('is used although others are at the same time', async () => {
    const ids = Array.from({ length: 50 }, newId)
    await Promise.all(ids.map((id) => adapter('RefreshToken').upsert(id, { jti: id }, 60)))
    const asked = [...ids, ...ids.slice(0, 5)]
    const uses = await Promise.allSettled(asked.map((id) => adapter('RefreshToken').consume(id)))
    // Of five tokens that come twice one use counts, whichever it is.
    const counted = asked.filter((_id, index) => uses[index]?.status === 'fulfilled')
    expect(counted.toSorted()).toEqual(ids.toSorted())
  })

  it('says when it was used, also after it was written again', async () => {
    const id = newId()
    await adapter('AuthorizationCode').upsert(id, { jti: id }, 60)
    await adapter('AuthorizationCode').consume(id)
    await adapter('AuthorizationCode').upsert(id, { jti: id, scope: 'openid' }, 60)
    expect(await adapter('AuthorizationCode').find(id)).toEqual({ jti: id, scope: 'openid', consumed: noon / 1000 })
  })

  it('is not there to be used when it is unknown', async () => {
    await expect(adapter('RefreshToken').consume(newId())).rejects.toBeInstanceOf(errors.InvalidGrant)
  })

  it('proves a key once: of ten equal proofs that come at once, one counts', async () => {
    const id = newId()
    const proofs = await Promise.allSettled(
      Array.from({ length: 10 }, () => adapter('ReplayDetection').upsert(id, { jti: id, iss: 'client' }, 60)),
    )
    expect(proofs.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
})

describe('taking back a grant', () => {
  it('removes what one model has of it, and tells in which browser sessions it was given', async () => {
    const [one, other, grantId] = [newId(), newId(), newId()]
    await adapter('RefreshToken').upsert(one, { jti: one, grantId, sessionUid: 'here' }, 60)
    await adapter('RefreshToken').upsert(other, { jti: other, grantId: newId(), sessionUid: 'there' }, 60)
    await adapter('RefreshToken').revokeByGrantId(grantId)
    expect(await adapter('RefreshToken').find(one)).toBeUndefined()
    expect(await adapter('RefreshToken').find(other)).toBeDefined()
    expect(revoked).toEqual(['here'])
  })

  it('leaves nothing of an account that is gone', async () => {
    const [token, session, accountId] = [newId(), newId(), newId()]
    await adapter('RefreshToken').upsert(token, { jti: token, accountId }, 60)
    await adapter('Session').upsert(session, { jti: session, uid: newId(), accountId }, 60)
    await removeRecordsOfAccount(test.database.db, accountId)
    expect(await adapter('RefreshToken').find(token)).toBeUndefined()
    expect(await adapter('Session').find(session)).toBeUndefined()
  })
})

describe('sweeping', () => {
  it('removes what has expired for a minute, however much it is, and nothing else', async () => {
    await sql`delete from openid_record`.execute(test.database.db)
    await sql`
      insert into openid_record (model, digest, payload, expires_at)
      select 'AccessToken', sha256(n::text::bytea), '{}', ${new Date(noon)}
      from generate_series(1, 2500) as n`.execute(test.database.db)
    const lasting = newId()
    await adapter('InitialAccessToken').upsert(lasting, { jti: lasting })
    clock.time = noon + 60_000
    while ((await sweepRecords(test.database.db, clock.now(), 1000)) >= 1000);
    expect(await countRecords()).toBe(2501)
    clock.time = noon + 60_001
    while ((await sweepRecords(test.database.db, clock.now(), 1000)) >= 1000);
    expect(await countRecords()).toBe(1)
  })
})

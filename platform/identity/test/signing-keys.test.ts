import { identity } from '@sallyport/contracts'
import { randomBytes } from 'node:crypto'
import { createTestDatabase, type TestDatabase } from '@sallyport/database/testing'
import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { type Clock, newId, toUnixSeconds } from '@sallyport/kernel'
import { createKeySet, platformAudience } from '@sallyport/service'
import { decodeProtectedHeader, SignJWT } from 'jose'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createAudit } from '../src/audit/audit.ts'
import { type IdentityDatabase, migrations } from '../src/identity-database.ts'
import { createKeyRotation } from '../src/tokens/key-rotation.ts'
import { leadMs, overlapMs } from '../src/tokens/signing-key.ts'
import { readPrivateKey } from '../src/tokens/signing-key-store.ts'
import { loadSigningKeys, type SigningKeys } from '../src/tokens/signing-keys.ts'

const log = pino({ level: 'silent' })
const masterKey = randomBytes(32)
const issuer = 'https://sallyport.test'
let testDatabase: TestDatabase<IdentityDatabase>
let database: ServiceDatabase<IdentityDatabase>
let now = new Date('2026-11-25T12:00:00Z')
const clock: Clock = { now: () => now }
const pass = (ms: number): void => void (now = new Date(now.getTime() + ms))

beforeAll(async () => {
  testDatabase = await createTestDatabase<IdentityDatabase>({ service: 'identity', migrations })
  database = openDatabase<IdentityDatabase>({ connection: testDatabase.connection, service: 'identity' })
})
afterAll(async () => {
  await database.close()
  await testDatabase.drop()
})
afterEach(async () => {
  await database.db.deleteFrom('signing_key').execute()
})

function rotation(algorithm: identity.TokenAlgorithm = 'RS256', key: Uint8Array = masterKey) {
  return createKeyRotation({ db: database.db, masterKey: key, clock, algorithm, audit: createAudit(clock) })
}

/** An instance of identity, as far as keys are concerned. It looks at the table when it is told to. */
function instance(options: { algorithm?: identity.TokenAlgorithm; rotationDays?: number } = {}): Promise<SigningKeys> {
  const { algorithm = 'RS256', rotationDays = 0 } = options
  const { db } = database
  return loadSigningKeys({ db, masterKey, clock, log, algorithm, rotationDays, rotation: rotation(algorithm) })
}

function sign(keys: SigningKeys, header: { alg?: string; kid?: string } = {}): Promise<string> {
  const { kid, algorithm, privateKey } = keys.signing()
  const iat = toUnixSeconds(now)
  return new SignJWT({ iss: issuer, aud: platformAudience, sub: newId(), iat, exp: iat + 4 * 3600 })
    .setProtectedHeader({ alg: algorithm, kid, ...header })
    .sign(privateKey)
}

/** Somebody who keeps the published keys; in the same process as this instance, or somewhere else. */
function verifier(keys: SigningKeys) {
  const set = createKeySet({
    issuer,
    audience: platformAudience,
    algorithms: identity.tokenAlgorithms,
    fetchKeys: async () => keys.published(),
    clock,
  })
  const takes = async (token: string): Promise<boolean> => (await set.verify(token)) !== undefined
  return { set, takes }
}

const kids = (keys: SigningKeys): unknown[] => keys.published().map(({ kid }) => kid)

describe('rotation', () => {
  it('publishes a key at once, signs with it after the lead, and keeps the old one until its tokens have expired', async () => {
    const keys = await instance()
    const { takes } = verifier(keys)
    const old = keys.signing().kid
    const { kid } = await rotation().rotate({ hurry: false })
    await keys.look()
    expect(kids(keys)).toEqual([old, kid])
    pass(leadMs - 1)
    expect(keys.signing().kid).toBe(old)
    const last = await sign(keys)
    pass(1)
    expect(keys.signing().kid).toBe(kid)
    expect([await takes(last), await takes(await sign(keys))]).toEqual([true, true])
    pass(overlapMs - 1)
    expect(kids(keys)).toEqual([old, kid])
    pass(1)
    expect(kids(keys)).toEqual([kid])
  })

  it('erases the private half of a key that is over, and keeps the rest of it', async () => {
    const keys = await instance()
    const old = keys.signing().kid
    await rotation().rotate({ hurry: false })
    pass(leadMs + overlapMs - 1)
    await keys.look()
    expect(await readPrivateKey(database.db, old, masterKey)).toContain('PRIVATE KEY')
    pass(1)
    await keys.look()
    expect(await readPrivateKey(database.db, old, masterKey)).toBeUndefined()
    expect((await rotation().list()).map(({ key, state }) => [key.kid === old, state])).toEqual([
      [true, 'retired'],
      [false, 'signing'],
    ])
  })

  it('makes no second key while one waits; in a hurry the one that waits takes over', async () => {
    const keys = await instance()
    const { kid } = await rotation().rotate({ hurry: false })
    await expect(rotation().rotate({ hurry: false })).rejects.toThrow('with --now it does at once')
    const hurried = await rotation().rotate({ hurry: true })
    expect(hurried).toEqual({ kid, signsFrom: new Date(now.getTime() + 2000) })
    await keys.look()
    pass(2000)
    expect(keys.signing().kid).toBe(kid)
  })

  it('is agreed on by several instances, and happens once however many ask for it', async () => {
    const [one, two] = await Promise.all([instance({ rotationDays: 90 }), instance({ rotationDays: 90 })])
    expect(one.signing().kid).toBe(two.signing().kid)
    pass(90 * 86_400_000 - leadMs)
    await Promise.all([one.look(), two.look()])
    await Promise.all([one.look(), two.look()])
    const standings = await rotation().list()
    expect(standings.map(({ state }) => state)).toEqual(['signing', 'next'])
    const { rows } = await database.pool.query(
      `select 1 from audit_event where kind = 'keys.rotated' and details ->> 'kid' = $1`,
      [standings[1]?.key.kid],
    )
    expect(rows).toHaveLength(1)
    pass(leadMs)
    expect([one.signing().kid, two.signing().kid]).toEqual([standings[1]?.key.kid, standings[1]?.key.kid])
  })

  it('refuses a master key that is not the one of the other keys', async () => {
    const keys = await instance()
    for (const options of [{ hurry: false }, { hurry: true }]) {
      await expect(rotation('RS256', randomBytes(32)).rotate(options)).rejects.toThrow(
        'the signing keys cannot be read',
      )
    }
    expect(await rotation().list()).toHaveLength(1)
    const stolen = keys.signing().kid
    await expect(rotation('RS256', randomBytes(32)).revoke(stolen, { rotate: true })).rejects.toThrow('cannot be read')
  })

  it('signs with no key before everybody in the process knows it', async () => {
    const keys = await instance()
    const { set, takes } = verifier(keys)
    await set.refresh()
    // Junk has just been asked for, so that an unknown key id is not asked for again for a while.
    await takes(await sign(keys, { kid: 'junk' }))
    const told = Promise.withResolvers<void>()
    keys.watch(async (version) => {
      await told.promise
      await set.catchUp(version)
    })
    await rotation().revoke(keys.signing().kid, { rotate: true })
    const looking = keys.look()
    await expect.poll(() => kids(keys)).not.toContain(keys.signing().kid)
    const [published] = kids(keys)
    expect(keys.signing().kid).not.toBe(published)
    told.resolve()
    await looking
    expect(keys.signing().kid).toBe(published)
    expect(await takes(await sign(keys))).toBe(true)
  })
})

describe('a key that is revoked', () => {
  it('leaves the published keys and takes its tokens with it, also those that were verified before', async () => {
    const keys = await instance()
    const { set, takes } = verifier(keys)
    keys.watch((version) => set.catchUp(version))
    const [stolen, token] = [keys.signing().kid, await sign(keys)]
    expect(await takes(token)).toBe(true)
    await rotation().revoke(stolen, { rotate: true })
    await keys.look()
    expect(await takes(token)).toBe(false)
    expect(kids(keys)).not.toContain(stolen)
    expect(await takes(await sign(keys))).toBe(true)
    const row = await database.db.selectFrom('signing_key').selectAll().where('kid', '=', stolen).executeTakeFirst()
    expect(row?.sealed_private_key).toBeNull()
  })

  it('is not the only one there is', async () => {
    const keys = await instance()
    await expect(rotation().revoke(keys.signing().kid, { rotate: false })).rejects.toThrow(
      'with --rotate a new one does',
    )
    expect((await rotation().list()).map(({ state }) => state)).toEqual(['signing'])
  })

  it('gives way to the one that waits', async () => {
    const keys = await instance()
    const { kid } = await rotation().rotate({ hurry: false })
    await rotation().revoke(keys.signing().kid, { rotate: false })
    await keys.look()
    expect(keys.signing().kid).toBe(kid)
    expect(kids(keys)).toEqual([kid])
  })

  it.each(['nobody', '', "x' or true --"])('is one that exists: not %j', async (kid) => {
    await instance()
    await expect(rotation().revoke(kid, { rotate: true })).rejects.toThrow('no token that counts is signed with')
  })

  it('cannot have a private half, nor take over when another does', async () => {
    await instance()
    await expect(database.db.updateTable('signing_key').set({ revoked_at: now }).execute()).rejects.toThrow(
      'signing_key_revoked_is_erased',
    )
    const rows = await database.db.selectFrom('signing_key').selectAll().execute()
    const again = rows.map((row) => ({ ...row, kid: 'again', public_jwk: JSON.stringify(row.public_jwk) }))
    await expect(database.db.insertInto('signing_key').values(again).execute()).rejects.toThrow(
      'signing_key_signs_from',
    )
  })

  it('and its follower are written down', async () => {
    const keys = await instance()
    const stolen = keys.signing().kid
    const { db } = database
    const before = await db.selectFrom('audit_event').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst()
    await rotation().revoke(stolen, { rotate: true })
    const events = await db
      .selectFrom('audit_event')
      .selectAll()
      .where('id', '>', before?.id ?? 0n)
      .orderBy('id')
      .execute()
    expect(events.map(({ kind, actor_kind, details }) => [kind, actor_kind, details['kid'] === stolen])).toEqual([
      ['keys.revoked', 'operator', true],
      ['keys.rotated', 'operator', false],
    ])
  })
})

describe('the algorithm', () => {
  it('is that of the setting from the next key on, and tokens of both keys are good', async () => {
    const keys = await instance()
    const { takes } = verifier(keys)
    for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const) {
      const before = await sign(keys)
      await rotation(algorithm).rotate({ hurry: true })
      pass(2000)
      await keys.look()
      const after = await sign(keys)
      expect(decodeProtectedHeader(after)).toMatchObject({ alg: algorithm, kid: keys.signing().kid })
      // An unknown key id is asked for again after five seconds.
      pass(5000)
      expect([await takes(before), await takes(after)], algorithm).toEqual([true, true])
    }
  })
})

describe('private keys (A-F2)', () => {
  it('are not in the table for whoever reads it', async () => {
    for (const algorithm of identity.tokenAlgorithms) {
      await instance({ algorithm })
      await rotation(algorithm).rotate({ hurry: true })
      pass(5000)
    }
    const { rows } = await database.pool.query<{ row: string; kid: string }>(
      'select signing_key::text as row, kid from signing_key',
    )
    expect(rows.length).toBeGreaterThan(2)
    for (const { row, kid } of rows) {
      const pem = (await readPrivateKey(database.db, kid, masterKey)) ?? ''
      const der = Buffer.from(pem.replaceAll(/-----.*?-----|\s/g, ''), 'base64')
      const secret = der.subarray(-24)
      for (const encoding of ['hex', 'base64', 'base64url', 'latin1'] as const) {
        expect(row.includes(secret.toString(encoding))).toBe(false)
      }
      expect(row).not.toContain('PRIVATE KEY')
      expect(row).not.toContain(Buffer.from('PRIVATE KEY').toString('hex'))
      expect(row).not.toMatch(/"d":/)
    }
  })
})

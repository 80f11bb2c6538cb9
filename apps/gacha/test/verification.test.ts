import { openDatabase, type ServiceDatabase } from '@sallyport/database'
import { newId } from '@sallyport/kernel'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { invariants } from '../src/audit/invariants.ts'
import type { GachaDatabase } from '../src/index.ts'
import { verifyCopies } from '../src/audit/index.ts'
import { startGacha, type TestGacha } from './test-gacha.ts'

let gacha: TestGacha
let asSuperuser: ServiceDatabase<GachaDatabase>
beforeAll(async () => {
  gacha = await startGacha()
  asSuperuser = openDatabase<GachaDatabase>({
    connection: { ...gacha.test.ownerConnection, user: 'postgres' },
    service: 'gacha',
  })
  const [ada, gone] = [await gacha.newPlayer(40), await gacha.newPlayer(10)]
  for (let roll = 0; roll < 4; roll++) await gacha.roll(ada)
  await gacha.roll(gone)
  for (const to of [ada, undefined]) {
    const auction = newId()
    await gacha.asAuction('PUT', `/internal/gacha/escrows/${auction}`, { uid: ada, gacha_name: 'Ubuntu' })
    const settlements = [{ auction_id: auction, to }]
    if (to) await gacha.asAuction('POST', '/internal/gacha/escrow-settlements', { settlements })
  }
  await gacha.asIdentity('DELETE', `/internal/gacha/players/${gone}`)
})
afterAll(async () => {
  await asSuperuser.close()
  await gacha.stop()
})

/** What is found after damage that no reference was there to refuse; it is undone afterwards. */
async function findingsAfter(damage: string): Promise<ReadonlySet<string>> {
  const tx = await asSuperuser.db.startTransaction().execute()
  try {
    await sql`set local session_replication_role = replica`.execute(tx)
    await sql.raw(damage).execute(tx)
    return new Set((await verifyCopies(tx)).map(({ invariant }) => invariant))
  } finally {
    await tx.rollback().execute()
  }
}

const nobody = "'00000000-0000-4000-8000-000000000000'"
const damages: readonly (readonly [invariant: string, damage: string])[] = [
  ['closed-collections-are-empty', 'update collection set closed_at = now() where closed_at is null'],
  ['copies-are-in-a-collection', `update copy set uid = ${nobody}`],
  ['copies-are-of-the-catalogue', "delete from gacha where name = 'Ubuntu'"],
  ['delivered-rolls-reached-a-collection', `update roll set uid = ${nobody} where state = 'delivered'`],
  ['escrows-came-from-a-collection', `update escrow set uid = ${nobody} where uid is not null`],
  ['kept-escrows-are-of-the-catalogue', "delete from gacha where name = 'Ubuntu'"],
  ['kept-escrows-are-of-the-catalogue', "update escrow set gacha_name = 'Debian' where state = 'kept'"],
  ['given-escrows-reached-a-collection', `update escrow set given_to = ${nobody} where state = 'given'`],
  ['draws-are-of-their-catalogue', "update roll set gacha_name = 'Windows' where seed is not null"],
  ['draws-are-of-their-catalogue', 'update roll set rarity = 5 where seed is not null'],
  ['draws-are-of-their-catalogue', 'delete from catalogue_snapshot'],
  ['seeds-are-the-promised-ones', 'update roll set next_commitment = sha256(seed)'],
  ['seeds-are-the-promised-ones', 'delete from roll where sequence = 2'],
  ['waiting-seeds-are-the-promised-ones', 'update roll_seed set seed = sha256(seed)'],
  ['waiting-seeds-are-the-promised-ones', 'delete from roll_seed'],
  ['waiting-seeds-are-of-open-collections', 'update collection set closed_at = now() where closed_at is null'],
]

describe('verifying copies, rolls and escrows', () => {
  it('finds nothing when nothing is wrong', async () => {
    expect(await verifyCopies(gacha.test.database.db)).toEqual([])
  })

  it.each(damages)('finds that %s does not hold: %s', async (invariant, damage) => {
    expect(await findingsAfter(damage)).toContain(invariant)
  })

  it('is seen to find each kind of damage', () => {
    expect(new Set(damages.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(invariants)))
  })

  it('says what is wrong, and with what', async () => {
    const tx = await asSuperuser.db.startTransaction().execute()
    await sql`update escrow set gacha_name = 'Debian' where state = 'kept'`.execute(tx)
    const detail = 'Debian is kept as Ubuntu'
    const subject = expect.stringMatching(/^[0-9a-f-]{36}$/)
    expect(await verifyCopies(tx)).toEqual([{ invariant: 'kept-escrows-are-of-the-catalogue', subject, detail }])
    await tx.rollback().execute()
  })
})

describe('the tables', () => {
  it.each([
    "update escrow set given_to = uid where state = 'kept'",
    "update escrow set state = 'given', gacha_id = null, ended_at = now() where state = 'kept'",
    "update escrow set state = 'discarded', ended_at = now() where state = 'kept'",
    "update escrow set ended_at = now() where state = 'kept'",
    "update escrow set uid = null where state = 'kept'",
    "update escrow set uid = null, gacha_name = null, taken_at = null where state = 'given'",
    'update roll set client_seed = null',
    "update roll set client_seed = E'\\n'",
    'update roll set seed = (select seed from roll limit 1)',
    "update roll_seed set seed = 'short'",
  ])('refuse what cannot be: %s', async (statement) => {
    await expect(sql.raw(statement).execute(gacha.test.database.db)).rejects.toThrow(
      /violates (check|unique) constraint/,
    )
  })
})

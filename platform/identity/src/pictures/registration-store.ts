import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql, type Transaction } from 'kysely'
import { removeKeysOfPictures } from '../api-keys/api-key-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { SessionId } from '../sessions/session.ts'
import type { PicturesRegistration } from './registration.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** The newest key that the pictures service gave somebody, as it is shown. */
export interface ShownKey {
  readonly prefix: string
  readonly expiresAt: Date
}

/** Writes down who somebody is now; the account is locked. */
export async function writeRegistration(
  tx: Tx,
  uid: AccountId,
  { firstName, lastName, address }: Omit<PicturesRegistration, 'number'>,
): Promise<void> {
  const values = { first_name: firstName, last_name: lastName, address }
  const { numUpdatedRows } = await tx
    .updateTable('pictures_registration')
    .set(values)
    .where('uid', '=', uid)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) {
    await tx
      .insertInto('pictures_registration')
      .values({ uid, ...values })
      .execute()
  }
}

export async function findRegistration(db: Database, uid: AccountId): Promise<PicturesRegistration | undefined> {
  const row = await db.selectFrom('pictures_registration').selectAll().where('uid', '=', uid).executeTakeFirst()
  return row && { number: row.number, firstName: row.first_name, lastName: row.last_name, address: row.address }
}

export async function findShownKey(db: Database, uid: AccountId): Promise<ShownKey | undefined> {
  const row = await db
    .selectFrom('api_key')
    .innerJoin('api_key_secret', 'api_key_secret.key', 'api_key.id')
    .select(['api_key_secret.prefix', 'api_key.expires_at'])
    .where('api_key.uid', '=', uid)
    .where('api_key.made_on', '=', 'pictures')
    .orderBy('api_key_secret.created_at', 'desc')
    .orderBy(sql`api_key.id`)
    .limit(1)
    .executeTakeFirst()
  return row && { prefix: row.prefix, expiresAt: row.expires_at }
}

/** Removes what the pictures service knows of somebody, their keys included; the sessions of these. Undefined when there was nothing. */
export async function removeRegistration(tx: Tx, uid: AccountId): Promise<SessionId[] | undefined> {
  const { numDeletedRows } = await tx.deleteFrom('pictures_registration').where('uid', '=', uid).executeTakeFirst()
  return numDeletedRows === 0n ? undefined : removeKeysOfPictures(tx, uid)
}

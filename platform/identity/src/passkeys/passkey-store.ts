import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Passkey, PasskeyId, ProvenPasskey } from './passkey.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

/** What is written down of a new passkey. */
export interface NewPasskey extends Omit<Passkey, 'lastUsedAt'> {
  readonly counter: number
  readonly backedUp: boolean
}

/** Whether it was kept: not when there is one of this id already, whoever's. */
export async function insertPasskey(tx: Tx, passkey: NewPasskey): Promise<boolean> {
  const { id, uid, publicKey, counter, transports, synced, backedUp, name, createdAt } = passkey
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('passkey')
    .values({
      id: bytesOf(id),
      uid,
      public_key: Buffer.from(publicKey),
      counter: BigInt(counter),
      transports: [...transports],
      synced,
      backed_up: backedUp,
      name,
      created_at: createdAt,
      last_used_at: null,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst()
  return numInsertedOrUpdatedRows === 1n
}

export async function findPasskey(db: Database, id: PasskeyId): Promise<Passkey | undefined> {
  const row = await db.selectFrom('passkey').selectAll().where('id', '=', bytesOf(id)).executeTakeFirst()
  return row && toPasskey(row)
}

/** The passkeys of an account, the oldest first. */
export async function listPasskeys(db: Database, uid: AccountId): Promise<Passkey[]> {
  const rows = await db.selectFrom('passkey').selectAll().where('uid', '=', uid).orderBy('created_at').execute()
  return rows.map(toPasskey)
}

/**
 * Writes down that a passkey was used, and says whether it may have been: not when it is gone, or when its authenticator
 * has counted no further than before (WebAuthn §6.1.1). Whoever removes the passkey at the same time waits.
 */
export async function countUse(tx: Tx, { passkey, counter, backedUp }: ProvenPasskey, now: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkey')
    .set({ counter: BigInt(counter), backed_up: backedUp, last_used_at: now })
    .where('id', '=', bytesOf(passkey.id))
    .where('uid', '=', passkey.uid)
    .where(sql<boolean>`(counter < ${counter} or (counter = 0 and ${counter} = 0))`)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whether the account has such a passkey. */
export async function renamePasskey(tx: Tx, uid: AccountId, id: PasskeyId, name: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('passkey')
    .set({ name })
    .where('id', '=', bytesOf(id))
    .where('uid', '=', uid)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

/** Whether the account had such a passkey. */
export async function removePasskey(tx: Tx, uid: AccountId, id: PasskeyId): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('passkey')
    .where('id', '=', bytesOf(id))
    .where('uid', '=', uid)
    .executeTakeFirst()
  return numDeletedRows === 1n
}

/** Removes every passkey of an account. */
export async function removePasskeys(tx: Tx, uid: AccountId): Promise<void> {
  await tx.deleteFrom('passkey').where('uid', '=', uid).execute()
}

/** The text as the id of a passkey; undefined for what cannot be one. */
export function parsePasskeyId(text: string): PasskeyId | undefined {
  return isPasskeyId(text) ? text : undefined
}

function isPasskeyId(text: string): text is PasskeyId {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.length > 0 && bytes.length <= 1023 && bytes.toString('base64url') === text
}

function bytesOf(id: PasskeyId): Buffer {
  return Buffer.from(id, 'base64url')
}

function toPasskey(row: Selectable<IdentityDatabase['passkey']>): Passkey {
  const id = parsePasskeyId(row.id.toString('base64url'))
  if (!id) throw new TypeError('a passkey has no id')
  return {
    id,
    uid: row.uid,
    publicKey: new Uint8Array(row.public_key),
    transports: row.transports,
    synced: row.synced,
    name: row.name,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }
}

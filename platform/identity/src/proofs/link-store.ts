import { createHash } from 'node:crypto'
import type { AccountId } from '@sallyport/kernel'
import type { Kysely, Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'

type Tx = Transaction<IdentityDatabase>

export type LinkPurpose = 'verification' | 'password-reset'

/** A link as it is kept: the secret in it is not. */
export interface Link {
  readonly uid: AccountId
  readonly purpose: LinkPurpose
  readonly email: string
  readonly expiresAt: Date
}

/** Keeps a link, in the place of earlier ones for the same purpose. */
export async function replaceLink(tx: Tx, secret: string, link: Link, now: Date): Promise<void> {
  const { uid, purpose, email, expiresAt } = link
  await deleteLinks(tx, uid, purpose)
  await tx
    .insertInto('email_link')
    .values({ digest: digestOf(secret), uid, purpose, email, created_at: now, expires_at: expiresAt })
    .execute()
}

/** Takes a link out of use and says whose it was; undefined for one that is unknown, expired, or of an earlier address. */
export async function takeLink(
  tx: Tx,
  secret: string,
  purpose: LinkPurpose,
  now: Date,
): Promise<AccountId | undefined> {
  const taken = await tx
    .deleteFrom('email_link')
    .using('account')
    .whereRef('account.uid', '=', 'email_link.uid')
    .whereRef('account.email', '=', 'email_link.email')
    .where('account.deleted_at', 'is', null)
    .where('email_link.digest', '=', digestOf(secret))
    .where('email_link.purpose', '=', purpose)
    .where('email_link.expires_at', '>', now)
    .returning('email_link.uid')
    .executeTakeFirst()
  return taken?.uid
}

/** Whose a link is, if it would be taken now. */
export async function findLink(
  db: Kysely<IdentityDatabase>,
  secret: string,
  purpose: LinkPurpose,
  now: Date,
): Promise<AccountId | undefined> {
  const row = await db
    .selectFrom('email_link')
    .select('uid')
    .where('digest', '=', digestOf(secret))
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .executeTakeFirst()
  return row?.uid
}

/** Whether a link for this purpose was made after a moment; whoever else is about to make one waits. */
export async function sentSince(tx: Tx, uid: AccountId, purpose: LinkPurpose, moment: Date): Promise<boolean> {
  await tx.selectFrom('account').select('uid').where('uid', '=', uid).forNoKeyUpdate().execute()
  const sent = await tx
    .selectFrom('email_link')
    .select('uid')
    .where('uid', '=', uid)
    .where('purpose', '=', purpose)
    .where('created_at', '>', moment)
    .executeTakeFirst()
  return sent !== undefined
}

export async function deleteLinks(tx: Tx, uid: AccountId, purpose: LinkPurpose): Promise<void> {
  await tx.deleteFrom('email_link').where('uid', '=', uid).where('purpose', '=', purpose).execute()
}

/** Forgets links that have expired, at most `batch` at once; returns how many. */
export async function sweepLinks(db: Kysely<IdentityDatabase>, now: Date, batch: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('email_link')
    .where('digest', 'in', (eb) =>
      eb.selectFrom('email_link').select('digest').where('expires_at', '<', now).limit(batch),
    )
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** What is kept of the secret in a link. */
export function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

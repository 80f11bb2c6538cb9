import { type Kysely, sql } from 'kysely'
import { reserveName } from '../accounts/account-store.ts'
import { emailDigest, type NameDigest } from '../accounts/reserved-names.ts'
import type { ChainKeys } from '../audit/chain.ts'
import { erasePersonal, holdChain } from '../audit/erasing.ts'
import type { IdentityDatabase } from '../identity-database.ts'

type Database = Kysely<IdentityDatabase>

/** For how many days what is personal is kept that nobody needs any more; 0 is for ever. */
export interface Retention {
  /** Addresses and the names of API keys in the audit trail. */
  readonly auditDays: number
  /** What was known of an account that is deleted, where its names stay reserved; they do, as digests. */
  readonly deletedAccountDays: number
  /** When somebody last signed in, and from where they registered for pictures. */
  readonly accessDays: number
}

export interface RetentionParts {
  readonly retention: Retention
  readonly chain: ChainKeys
  readonly nameDigest: NameDigest
}

/** Forgets what has been kept for long enough, at most `batch` of each kind; returns how much that was. */
export type Sweep = (db: Database, now: Date, batch: number) => Promise<number>

export function retentionSweeps({ retention, chain, nameDigest }: RetentionParts): Readonly<Record<string, Sweep>> {
  const { auditDays, deletedAccountDays, accessDays } = retention
  return {
    ...(auditDays > 0 && {
      'what is personal in the audit trail': (db, now, batch) =>
        forgetAudited(db, chain, before(now, auditDays), batch),
    }),
    ...(deletedAccountDays > 0 && {
      'deleted accounts': (db, now, batch) => forgetDeleted(db, nameDigest, before(now, deletedAccountDays), batch),
    }),
    ...(accessDays > 0 && {
      'old sign-ins': (db, now, batch) => forgetAccess(db, before(now, accessDays), batch),
    }),
  }
}

function before(now: Date, days: number): Date {
  return new Date(now.getTime() - days * 86_400_000)
}

async function forgetAudited(db: Database, chain: ChainKeys, until: Date, batch: number): Promise<number> {
  const old = sql`event.at < ${until} and event.erased_mac is null`
  // Without the chain, and quickly: most of the time there is nothing.
  const { rows } = await sql`
    select from audit_event as event where ${old} and (event.address is not null or event.kind = 'api-key.created')
    limit 1`.execute(db)
  if (rows.length === 0) return 0
  return db.transaction().execute(async (tx) => {
    await holdChain(tx, chain)
    return erasePersonal(tx, chain, old, batch)
  })
}

/** Names that were promised to stay reserved do, as keyed digests (design §4). */
async function forgetDeleted(db: Database, nameDigest: NameDigest, until: Date, batch: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const accounts = await tx
      .selectFrom('account')
      .select(['uid', 'username', 'email'])
      .where('deleted_at', '<', until)
      .limit(batch)
      .forUpdate()
      .skipLocked()
      .execute()
    for (const { username, email } of accounts) {
      await reserveName(tx, nameDigest(username))
      if (email !== null) await reserveName(tx, emailDigest(nameDigest, email))
    }
    const uids = accounts.map(({ uid }) => uid)
    if (uids.length > 0) await tx.deleteFrom('account').where('uid', 'in', uids).execute()
    return uids.length
  })
}

async function forgetAccess(db: Database, until: Date, batch: number): Promise<number> {
  const { numAffectedRows: signIns = 0n } = await sql`
    update account set last_login_at = null where uid in (
      select uid from account where last_login_at < ${until} limit ${batch} for no key update skip locked)`.execute(db)
  // Who registered for pictures had a key then, which is known for longer than it counts.
  const { numAffectedRows: addresses = 0n } = await sql`
    update pictures_registration set address = '' where uid in (
      select uid from pictures_registration as known where address <> '' and not exists (
        select from api_key where api_key.uid = known.uid and made_on = 'pictures' and created_at >= ${until}
      ) limit ${batch})`.execute(db)
  return Math.max(Number(signIns), Number(addresses))
}

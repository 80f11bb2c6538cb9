import { createHash } from 'node:crypto'
import type { Erased } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { IdentityDatabase } from '../identity-database.ts'
import {
  type Erasure,
  type ErasureId,
  type ErasureScope,
  type ErasedPerson,
  type ErasureStepName,
  ErasureUnderWay,
  stepsOf,
} from './erasure.ts'
import { type ErasureReceipt, isReceipt } from './erasure-receipt.ts'

type Database = Kysely<IdentityDatabase>
type Tx = Transaction<IdentityDatabase>

export interface NewErasure {
  readonly id: ErasureId
  readonly scope: ErasureScope
  readonly person: ErasedPerson
  readonly keepsUploads: boolean
  /** Undefined for an operator, who needs none. */
  readonly token: string | undefined
  readonly startedAt: Date
}

/** @throws {ErasureUnderWay} */
export async function insertErasure(tx: Tx, erasure: NewErasure): Promise<void> {
  const { id, scope, person, keepsUploads, token, startedAt } = erasure
  const inserted = await tx
    .insertInto('erasure')
    .values({
      id,
      scope,
      uid: person.uid,
      username: person.username ?? null,
      email: person.email ?? null,
      keeps_uploads: keepsUploads,
      token_digest: token === undefined ? null : digestOf(token),
      started_at: startedAt,
      finished_at: null,
      receipt: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!inserted) throw new ErasureUnderWay()
  await tx
    .insertInto('erasure_step')
    .values(stepsOf(scope).map((step) => ({ erasure: id, step, done_at: null })))
    .execute()
}

export async function findErasure(db: Database, id: ErasureId): Promise<Erasure | undefined> {
  const row = await db.selectFrom('erasure').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toErasure(db, row)
}

/** The same for whoever has its token. */
export async function findByToken(db: Database, id: ErasureId, token: string): Promise<Erasure | undefined> {
  const row = await db
    .selectFrom('erasure')
    .selectAll()
    .where('id', '=', id)
    .where('token_digest', '=', digestOf(token))
    .executeTakeFirst()
  return row && toErasure(db, row)
}

/** Keeps others from going on with an erasure until the transaction ends. Undefined when it is finished, or not there. */
export async function lockUnderWay(tx: Tx, id: ErasureId): Promise<Erasure | undefined> {
  await sql`select from erasure where id = ${id} for no key update`.execute(tx)
  const erasure = await findErasure(tx, id)
  return erasure?.person && erasure
}

/** Forgets what clients of the OpenID provider said of who was going to sign in (`login_hint`). */
export async function removeHints(tx: Tx, names: readonly string[]): Promise<void> {
  const folded = names.map((name) => name.toLowerCase())
  await sql`
    delete from openid_record where lower(payload -> 'params' ->> 'login_hint') = any (${folded}::text[])`.execute(tx)
}

/** Takes note of what identity had of somebody when it was removed; its step is not done with that. */
export async function recordHeld(tx: Tx, id: ErasureId, held: Erased['removed']): Promise<void> {
  await tx
    .updateTable('erasure_step')
    .set({ removed: JSON.stringify(held) })
    .where('erasure', '=', id)
    .where('step', '=', 'identity')
    .execute()
}

/** Takes note of what a step has done; the second time the numbers are those of both. */
export async function recordStep(
  tx: Tx,
  id: ErasureId,
  step: ErasureStepName,
  { removed, anonymous }: Erased,
  now: Date,
): Promise<void> {
  await tx
    .updateTable('erasure_step')
    .set({
      removed: JSON.stringify(removed),
      anonymous: JSON.stringify(anonymous),
      done_at: sql<Date>`coalesce(done_at, ${now}::timestamptz)`,
    })
    .where('erasure', '=', id)
    .where('step', '=', step)
    .execute()
}

/** Leaves of an erasure its receipt. */
export async function finish(tx: Tx, id: ErasureId, receipt: ErasureReceipt, now: Date): Promise<void> {
  await tx
    .updateTable('erasure')
    .set({ uid: null, username: null, email: null, finished_at: now, receipt: JSON.stringify(receipt) })
    .where('id', '=', id)
    .execute()
}

async function toErasure(db: Database, row: Selectable<IdentityDatabase['erasure']>): Promise<Erasure> {
  const { id, scope, uid, username, email, receipt } = row
  const steps = await db.selectFrom('erasure_step').selectAll().where('erasure', '=', id).execute()
  const order = stepsOf(scope)
  if (receipt !== null && !isReceipt(receipt)) throw new TypeError('what is kept as a receipt is none')
  return {
    id,
    scope,
    keepsUploads: row.keeps_uploads,
    startedAt: row.started_at,
    person: uid === null ? undefined : { uid, username: username ?? undefined, email: email ?? undefined },
    steps: steps
      .toSorted((one, other) => order.indexOf(one.step) - order.indexOf(other.step))
      .map(({ step, done_at: doneAt, removed, anonymous }) => ({
        step,
        doneAt: doneAt ?? undefined,
        removed,
        anonymous,
      })),
    receipt: receipt ?? undefined,
  }
}

/** How much identity itself has of somebody, by what it is. */
export async function countHeld(tx: Tx, uid: AccountId): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ held: Readonly<Record<string, number>> }>`
    select jsonb_build_object(
      'accounts', (select count(*) from account where uid = ${uid}),
      'roles', (select count(*) from account_role where uid = ${uid}),
      'sessions', (select count(*) from session where uid = ${uid}),
      'API keys', (select count(*) from api_key where uid = ${uid}),
      'passkeys', (select count(*) from passkey where uid = ${uid}),
      'authenticator apps', (select count(*) from totp where uid = ${uid}),
      'recovery codes', (select count(*) from recovery_code where uid = ${uid}),
      'familiar networks', (select count(*) from familiar_network where uid = ${uid}),
      'letters with links', (select count(*) from email_link where uid = ${uid}),
      'pictures registrations', (select count(*) from pictures_registration where uid = ${uid}),
      'OpenID records', (select count(*) from openid_record where payload ->> 'accountId' = ${uid}::text)
    ) as held`.execute(tx)
  return rows[0]?.held ?? {}
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

import type { Jobs } from '@sallyport/jobs'
import type { AccountId, Clock } from '@sallyport/kernel'
import { removeRecordsOfAccount } from '@sallyport/openid'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import { type Audit } from '../audit/audit.ts'
import { type ChainKeys, formatHead } from '../audit/chain.ts'
import { erasePersonal, holdChain } from '../audit/erasing.ts'
import type { Guesses } from '../guessing/guesses.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { Mailer } from '../mail/mailer.ts'
import type { LinkTasks } from '../proofs/link-sending.ts'
import type { HookTasks } from '../provisioning/provisioning-hook.ts'
import type { Erasure, ErasedPerson, ErasureId } from './erasure.ts'
import { digestOfReceipt, sealReceipt } from './erasure-receipt.ts'
import * as store from './erasure-store.ts'

type Tx = Transaction<IdentityDatabase>

export interface FinishingParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly audit: Audit
  readonly chain: ChainKeys
  readonly receiptKey: Uint8Array
  readonly mailer: Pick<Mailer, 'forget'>
  readonly guesses: Pick<Guesses, 'forgive'>
  readonly jobs: PersonalJobs
}

/** The jobs that say of whom they are. */
export type PersonalJobs = Pick<Jobs<IdentityDatabase, LinkTasks & HookTasks>, 'forget'>

/** Forgets what is not in the database, or is counted by itself: letters, and attempts to guess. */
export async function forgetOutside(
  { db, mailer, guesses }: Pick<FinishingParts, 'db' | 'mailer' | 'guesses'>,
  person: ErasedPerson,
): Promise<void> {
  for (const name of [person.username, person.email]) if (name !== undefined) await guesses.forgive(db, name)
  if (person.email !== undefined) await mailer.forget(person.email)
}

/** Identity's own step, in one transaction: after it nothing here says any more whom the erasure was about. */
export async function finishErasure(tx: Tx, parts: FinishingParts, id: ErasureId): Promise<void> {
  const { clock, audit, chain } = parts
  const erasure = await store.lockUnderWay(tx, id)
  if (!erasure?.person) return
  const { uid, email, username } = erasure.person
  await store.removeHints(
    tx,
    [email, username].filter((name) => name !== undefined),
  )
  if (erasure.scope === 'everything') {
    // Of requests that were under way when the account was removed, and had looked it up before.
    await removeRecordsOfAccount(tx, uid)
    await parts.jobs.forget(tx, 'call-hook', 'uid', uid)
  }
  if (email !== undefined) await parts.jobs.forget(tx, 'send-link', 'email', email)
  const head = await holdChain(tx, chain)
  const events = erasure.scope === 'everything' ? await eraseFromTrail(tx, chain, uid) : 0
  const now = clock.now()
  const held = erasure.steps.find(({ step }) => step === 'identity')?.removed ?? {}
  await store.recordStep(tx, id, 'identity', { removed: held, anonymous: { 'audit events': events } }, now)
  const receipt = sealReceipt(parts.receiptKey, {
    version: 'sallyport erasure receipt 1',
    id,
    scope: erasure.scope,
    started_at: erasure.startedAt.toISOString(),
    finished_at: now.toISOString(),
    services: servicesIn(await store.findErasure(tx, id)),
    audit_head: formatHead(head),
  })
  await store.finish(tx, id, receipt, now)
  const details = { erasure: id, receipt: digestOfReceipt(receipt) }
  await audit.record(tx, { kind: 'account.erased', by: { kind: 'operator' }, subject: uid, details })
}

function servicesIn(erasure: Erasure | undefined) {
  const steps = erasure?.steps ?? []
  return Object.fromEntries(
    steps.map(({ step, removed, anonymous }) => [step, { removed: { ...removed }, anonymous: { ...anonymous } }]),
  )
}

/**
 * What is personal in the events that somebody caused, in those that happened to them from nobody knows whom (a wrong
 * password, a registration), and in those of strangers from an address that nobody but them was ever known at.
 */
async function eraseFromTrail(tx: Tx, chain: ChainKeys, uid: AccountId): Promise<number> {
  const theirs = sql`event.actor = ${uid} or (event.subject = ${uid} and event.actor_kind = 'anonymous')`
  const addresses = await addressesOf(tx, uid, theirs)
  const own = await erasePersonal(tx, chain, theirs)
  const strangers = sql`
    event.address = any (${addresses}::text[]) and event.actor_kind = 'anonymous' and event.subject is null`
  return own + (addresses.length === 0 ? 0 : await erasePersonal(tx, chain, strangers))
}

/** So many addresses of somebody are looked at, the ones they used last. */
const mostAddresses = 1000

async function addressesOf(tx: Tx, uid: AccountId, theirs: RawBuilder<unknown>): Promise<string[]> {
  const { rows } = await sql<{ address: string }>`
    select address from (
      select address, max(at) as last from audit_event as event
      where (${theirs}) and address is not null group by address order by last desc limit ${mostAddresses}
    ) as used
    where not exists (
      select from audit_event as other where other.address = used.address
        and coalesce(other.actor, other.subject) <> ${uid}
    )`.execute(tx)
  return rows.map(({ address }) => address)
}

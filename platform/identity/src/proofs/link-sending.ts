import { randomUUID } from 'node:crypto'
import type { Clock } from '@sallyport/kernel'
import { type Jobs, jobTask } from '@sallyport/jobs'
import type { Kysely, RawBuilder } from 'kysely'
import type { Logger } from 'pino'
import { findByEmail, findUidByEmail } from '../accounts/account-store.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { soughtText } from '../sought-text.ts'
import type { Mailer } from '../mail/mailer.ts'
import { letterOf, linkLifeSeconds } from './letters.ts'
import { type LinkPurpose, replaceLink, sentSince } from './link-store.ts'

/** A wish for a link; nobody knows yet whether anybody has this address. */
export interface LinkWish {
  readonly purpose: LinkPurpose
  readonly email: string
  /** In which language the letter is to be (BCP 47), if that is known. */
  readonly language?: string
  /** Tells wishes apart. */
  readonly id: string
}

export type LinkTasks = { readonly 'send-link': ReturnType<typeof linkTask> }

/** The job waits this long, so that the letter is sent directly in the normal case. */
const jobDelayMs = 20_000
/** Nobody gets two letters for the same purpose within this time, in milliseconds. */
const pauseMs = 60_000

export interface LinkSendingParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly mailer: Mailer
  /** What links begin with. */
  readonly publicUrl: string
}

/** Links that prove an e-mail address, on their way to it. */
export interface LinkSending {
  /** What is owed to an account that is being made, as part of the statement that makes it. */
  promise(wish: LinkWish): RawBuilder<unknown>
  /** Sends what was promised, in the background; what cannot be sent now is sent by its job. */
  fulfil(wish: LinkWish): void
  /** Both, for an address that has to be proven: the same is done for one that nobody has. */
  requestVerification(email: string, language?: string): Promise<void>
  /** Both, for somebody who has forgotten the password; it is recorded who asked, also for an address that nobody has. */
  requestPasswordReset(email: string, by: Actor, language?: string): Promise<void>
}

export function createLinkSending(
  parts: LinkSendingParts & {
    readonly jobs: Jobs<IdentityDatabase, LinkTasks>
    readonly log: Logger
    readonly audit: Audit
  },
): LinkSending {
  const { db, jobs, log, audit } = parts
  const fulfil = (wish: LinkWish): void => {
    sendLink(parts, wish).then(
      () => jobs.completeSoon([keyOf(wish)]),
      (error: unknown) => log.warn({ err: error, purpose: wish.purpose }, 'a letter is left to its job'),
    )
  }
  return {
    promise: (wish) => jobs.insertionOf([toJob(wish)]),
    fulfil,
    async requestVerification(email, language) {
      const wish = newWish('verification', email, language)
      await db.transaction().execute((tx) => jobs.enqueue(tx, toJob(wish)))
      fulfil(wish)
    },
    async requestPasswordReset(email, by, language) {
      const wish = newWish('password-reset', email, language)
      const subject = await findUidByEmail(db, email)
      await db.transaction().execute(async (tx) => {
        await jobs.enqueue(tx, toJob(wish))
        await audit.record(tx, { kind: 'password.reset-requested', by, ...(subject && { subject }) })
      })
      fulfil(wish)
    },
  }
}

export function newWish(purpose: LinkPurpose, email: string, language: string | undefined): LinkWish {
  // It waits as JSON, and what nobody has for an address must not be noticed.
  return {
    purpose,
    email: soughtText(email).toWellFormed(),
    id: randomUUID(),
    ...(language !== undefined && { language }),
  }
}

/** The job behind each letter. */
export function linkTask(parts: LinkSendingParts) {
  return jobTask<LinkWish>({ parse: parseWish, run: (wish) => sendLink(parts, wish) })
}

/** The secret is made when the letter is, and kept by nobody: a letter that is sent again has another one. */
async function sendLink(
  { db, clock, mailer, publicUrl }: LinkSendingParts,
  { purpose, email, language }: LinkWish,
): Promise<void> {
  const account = await findByEmail(db, email)
  if (account?.email === undefined || (purpose === 'verification' && account.emailVerifiedAt)) return
  const { email: to } = account
  const now = clock.now()
  // Four UUIDs in a row, as the account service's clients know it (accounts A-48).
  const secret = Array.from({ length: 4 }, () => randomUUID()).join('')
  await db.transaction().execute(async (tx) => {
    if (await sentSince(tx, account.uid, purpose, new Date(now.getTime() - pauseMs))) return
    const expiresAt = new Date(now.getTime() + linkLifeSeconds[purpose] * 1000)
    await replaceLink(tx, secret, { uid: account.uid, purpose, email: to, expiresAt }, now)
    // Within the transaction: a letter that was not taken leaves no link, and is tried again.
    await mailer.send(letterOf(purpose, account, to, { secret, publicUrl, language }))
  })
}

function keyOf({ purpose, id }: LinkWish): string {
  return `send ${purpose} ${id}`
}

function toJob(wish: LinkWish) {
  return { task: 'send-link', payload: wish, key: keyOf(wish), runAfterMs: jobDelayMs } as const
}

function parseWish(payload: unknown): LinkWish {
  const { purpose, email, language, id }: Record<string, unknown> = Object(payload)
  if (
    (purpose === 'verification' || purpose === 'password-reset') &&
    typeof email === 'string' &&
    typeof id === 'string'
  )
    return { purpose, email, id, ...(typeof language === 'string' && { language }) }
  throw new TypeError('the payload is no wish for a link')
}

import { type AccountId, type Clock, isId } from '@sallyport/kernel'
import { type Jobs, jobTask } from '@sallyport/jobs'
import type { Kysely, RawBuilder } from 'kysely'
import type { Logger } from 'pino'
import type { Account } from '../accounts/account.ts'
import { findAccount } from '../accounts/account-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { TokenIssuer } from '../tokens/token-issuer.ts'

/** A new account that somebody outside is owed news of. */
export interface HookCall {
  readonly uid: AccountId
}

export type HookTasks = { readonly 'call-hook': ReturnType<typeof hookTask> }

/** How long the address may take to answer, in milliseconds. */
const answerLimitMs = 5000
/** The job waits this long, so that the call is made directly in the normal case, and never at the same time. */
const jobDelayMs = 20_000

export interface HookParts {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly tokens: TokenIssuer
  /** Where new accounts are told; undefined when nobody wants to know. */
  readonly hookUrl: string | undefined
}

/**
 * Tells a configured address of every new account (accounts A-57). What is owed is written down with the account, so
 * sign-up neither waits for the address nor fails with it (A-F1); it may hear of an account twice.
 */
export interface ProvisioningHook {
  /** What is owed, as part of the statement that makes the account. */
  promise(uid: AccountId): RawBuilder<unknown>[]
  /** Makes the call in the background; what fails is left to the job. */
  fulfil(uid: AccountId): void
}

export function createProvisioningHook(
  parts: HookParts & { readonly jobs: Jobs<IdentityDatabase, HookTasks>; readonly log: Logger },
): ProvisioningHook {
  const { hookUrl, jobs, log } = parts
  if (hookUrl === undefined) return { promise: () => [], fulfil: () => undefined }
  return {
    promise: (uid) => [
      jobs.insertionOf([{ task: 'call-hook', payload: { uid }, key: keyOf({ uid }), runAfterMs: jobDelayMs }]),
    ],
    fulfil(uid) {
      callHook(parts, { uid }).then(
        () => jobs.completeSoon([keyOf({ uid })]),
        (error: unknown) => log.warn({ err: error }, 'the news of an account is left to its job'),
      )
    },
  }
}

/** The job behind each call. */
export function hookTask(parts: HookParts) {
  return jobTask<HookCall>({ parse: parseCall, run: (call) => callHook(parts, call) })
}

async function callHook({ db, clock, tokens, hookUrl }: HookParts, { uid }: HookCall): Promise<void> {
  const account = await findAccount(db, uid)
  if (hookUrl === undefined || !account || account.deletedAt) return
  await post(hookUrl, account, await tokens.issueProvisioning(account, clock.now()))
}

/** @throws {Error} when the answer is not 201, or none; it says neither address nor token */
async function post(url: string, { uid }: Account, token: string): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-access-token': token },
    body: JSON.stringify({ public_id: uid }),
    // The token is for this address and no other.
    redirect: 'manual',
    signal: AbortSignal.timeout(answerLimitMs),
  }).catch((error: unknown) => {
    throw new Error(`the provisioning hook was not reached (${error instanceof Error ? error.name : 'no reason'})`)
  })
  await answer.body?.cancel()
  if (answer.status !== 201) throw new Error(`the provisioning hook answered ${answer.status} instead of 201`)
}

function keyOf({ uid }: HookCall): string {
  return `tell of ${uid}`
}

function parseCall(payload: unknown): HookCall {
  const { uid }: Record<string, unknown> = Object(payload)
  if (typeof uid === 'string' && isId<AccountId>(uid)) return { uid }
  throw new TypeError('the payload is no call of the hook')
}

import { eraseMe, erasePicturesOfMe, readErasure } from '@sallyport/contracts'
import { type AccountCaller, handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { NotForThirdParties } from '../api-keys/api-key.ts'
import { isOfThirdParty } from '../api-keys/api-key-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { NothingRemoved } from '../pictures/registration.ts'
import { type Erasure, UnknownErasure } from '../privacy/erasure.ts'
import type { BegunErasure, Erasures } from '../privacy/erasures.ts'
import type { FreshSignIn } from '../privacy/fresh-sign-in.ts'
import { actorOf, sessionOf } from './authority.ts'
import { freshnessWords } from './freshness.ts'

/** What people do about everything that is held of them, and how they follow it. */
export function erasureRoutes({
  db,
  erasures,
  freshSignIn,
}: {
  readonly db: Kysely<IdentityDatabase>
  readonly erasures: Erasures
  readonly freshSignIn: FreshSignIn
}): HandledRoute[] {
  /** @throws {NotForThirdParties} */
  async function proofOf({ caller, clientAddress: address }: { caller: AccountCaller; clientAddress: string }) {
    const session = sessionOf(caller)
    // Nobody means that who signs in to a program.
    if (await isOfThirdParty(db, session)) throw new NotForThirdParties()
    return { uid: caller.accountId, session, address }
  }
  return [
    handle(
      eraseMe,
      async ({ body, ...request }) => {
        const { password, code, keep_uploads: keepsUploads = false } = body
        await freshSignIn.check({ ...(await proofOf(request)), password, code })
        return accepted(await erasures.eraseEverything(request.caller.accountId, { keepsUploads }, actorOf(request)))
      },
      freshnessWords,
    ),

    handle(
      erasePicturesOfMe,
      async (request) => {
        await freshSignIn.check(await proofOf(request))
        return accepted(
          await erasures.erasePictures(
            request.caller.accountId,
            {
              keepsUploads: false,
              // A block would not outlast what it is about.
              check: ({ suspendedAt }) => {
                if (suspendedAt) throw new NothingRemoved()
              },
            },
            actorOf(request),
          ),
        )
      },
      freshnessWords,
    ),

    handle(readErasure, async ({ params, query, headers }) => {
      const token = headers['receipt-token'] ?? query.receipt_token
      if (token === undefined) throw new UnknownErasure()
      return ok(toAnswer(await erasures.follow(params.erasureId, token)))
    }),
  ]
}

function accepted({ id, token }: BegunErasure) {
  return {
    status: 202,
    body: { id, receipt_token: token, location: readErasure.path.replace(':erasureId', id) },
  } as const
}

function toAnswer({ id, scope, person, startedAt, steps, receipt }: Erasure) {
  const state: 'under-way' | 'done' = person ? 'under-way' : 'done'
  return {
    id,
    scope,
    state,
    started_at: startedAt.toISOString(),
    steps: steps.map(({ step, doneAt }) => {
      const state: 'done' | 'pending' = doneAt ? 'done' : 'pending'
      return { step, state, done_at: doneAt?.toISOString() ?? null }
    }),
    receipt: receipt ?? null,
  }
}

import { identity } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import { type AccountCaller, handle, type HandledRoute, ok } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { NotForThirdParties } from '../api-keys/api-key.ts'
import { isOfThirdParty } from '../api-keys/api-key-store.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import type { PicturesRegistrations } from '../pictures/registrations.ts'
import type { PersonalDataExport } from '../privacy/export.ts'
import { requireFreshSignIn } from '../sessions/fresh-sign-in.ts'
import { actorOf, sessionOf } from './authority.ts'
import { freshnessWords } from './freshness.ts'
import { toPersonalPicturesData } from './pictures.ts'

/** What people see of what is held of them. */
export function ownDataRoutes(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly personalData: PersonalDataExport
  readonly registrations: PicturesRegistrations
}): HandledRoute[] {
  const { db, clock, personalData, registrations } = parts

  /** @throws {SignInTooOld} @throws {NotForThirdParties} */
  async function checkCaller(caller: AccountCaller): Promise<void> {
    const session = sessionOf(caller)
    // What is asked for once would tell a program more than anybody means who signs in to it.
    if (await isOfThirdParty(db, session)) throw new NotForThirdParties()
    await requireFreshSignIn(db, session, clock.now())
  }

  return [
    handle(
      identity.exportOwnData,
      async (request) => {
        await checkCaller(request.caller)
        const { stream, fileName } = await personalData.begin(request.caller.accountId, actorOf(request), 'door')
        const headers = { 'content-disposition': `attachment; filename="${fileName}"` }
        return ok({ mediaType: 'application/json', size: undefined, content: stream }, headers)
      },
      freshnessWords,
    ),

    handle(
      identity.readOwnPicturesData,
      async (request) => {
        await checkCaller(request.caller)
        return ok(toPersonalPicturesData(await registrations.readOwn(request.caller.accountId, actorOf(request))))
      },
      freshnessWords,
    ),
  ]
}

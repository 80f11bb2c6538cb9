import type { Replicas, ServiceDatabase } from '@sallyport/database'
import type { ServiceParts } from '@sallyport/service'
import type { IdentityDatabase } from './identity-database.ts'
import { isOnStandbys, isPrimaryUp } from './primary.ts'

/** The copy for writing is away; logins of the enrollment system go on. */
export class PrimaryAway extends Error {
  override name = 'PrimaryAway'
}

/** The copy for writing is there, and what the start has put off is not done yet. */
export class CatchingUp extends Error {
  override name = 'CatchingUp'
}

/** What must work for identity to work. With standbys, `primary` tells of the copy for writing, and `database` of any. */
export function createPrimaryChecks({
  database,
  copies,
  audit,
}: {
  readonly database: Pick<ServiceDatabase<IdentityDatabase>, 'ping'>
  readonly copies: Pick<Replicas<IdentityDatabase>, 'nodes'>
  readonly audit: () => Promise<void>
}): { isCaughtUp: boolean; readonly checks: NonNullable<ServiceParts['checks']> } {
  const state = {
    isCaughtUp: false,
    checks: {
      async database() {
        if (!isOnStandbys(copies)) await database.ping()
      },
      // Nothing is recorded either while the primary is away.
      async audit() {
        if (!isOnStandbys(copies)) await audit()
      },
      ...(copies.nodes().length > 1 && {
        async primary() {
          if (!isPrimaryUp(copies)) throw new PrimaryAway('the primary is away')
          if (!state.isCaughtUp) throw new CatchingUp('what was put off is not done yet')
        },
      }),
    },
  }
  return state
}

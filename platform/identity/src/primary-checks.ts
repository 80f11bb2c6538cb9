import type { Replicas, ServiceDatabase } from '@sallyport/database'
import type { ServiceParts } from '@sallyport/service'
import type { IdentityDatabase } from './identity-database.ts'
import { isPrimaryUp } from './logins/logins.ts'

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
  const standbys = () => copies.nodes().filter(({ name }) => name !== 'primary')
  // Known without asking: a server that hangs would keep whoever wants to know how identity is.
  const isOnStandbys = () => !isPrimaryUp(copies) && standbys().some(({ state }) => state === 'up')
  const state = {
    isCaughtUp: false,
    checks: {
      async database() {
        if (!isOnStandbys()) await database.ping()
      },
      // Nothing is recorded either while the primary is away.
      async audit() {
        if (!isOnStandbys()) await audit()
      },
      ...(standbys().length > 0 && {
        async primary() {
          if (!isPrimaryUp(copies)) throw new PrimaryAway('the primary is away')
          if (!state.isCaughtUp) throw new CatchingUp('what was put off is not done yet')
        },
      }),
    },
  }
  return state
}

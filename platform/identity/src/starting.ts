import { isMigrated, type Replicas, ReplicasUnavailable } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import { type IdentityDatabase, migrations } from './identity-database.ts'
import { standingsOf } from './tokens/signing-key.ts'
import { readKeys } from './tokens/signing-key-store.ts'

/** What identity begins with: its primary, or what the standbys have while that is away (enrollment E-71). */
export type StartsOn = 'primary' | 'standbys'

/** Why identity cannot begin with what the standbys have. */
export type StandbyObstacle = 'none of them answers' | 'their schema is another one' | 'they have no key to sign with'

/** Looks whether the standbys have what a start needs that makes nothing: today's schema, and a key that signs. */
export async function obstacleToStandbys({
  copies,
  clock,
}: {
  readonly copies: Pick<Replicas<IdentityDatabase>, 'read'>
  readonly clock: Clock
}): Promise<StandbyObstacle | undefined> {
  try {
    const { value } = await copies.read({
      async look(db): Promise<StandbyObstacle | undefined> {
        if (!(await isMigrated(db, migrations))) return 'their schema is another one'
        const standings = standingsOf(await readKeys(db), clock.now())
        return standings.some(({ state }) => state === 'signing') ? undefined : 'they have no key to sign with'
      },
      judge: async (obstacle) => ({ value: obstacle, final: 'with-every-commit' }),
      takesTurn: false,
    })
    return value
  } catch (error) {
    if (error instanceof ReplicasUnavailable) return 'none of them answers'
    throw error
  }
}

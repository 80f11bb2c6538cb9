import { setTimeout as sleep } from 'node:timers/promises'
import { isUnreachable, type Replicas, ReplicasUnavailable } from '@sallyport/database'
import { type Identity, type IdentityDatabase, obstacleToStandbys, type StartsOn } from '@sallyport/identity'
import type { Clock } from '@sallyport/kernel'
import type { Logger } from 'pino'
import { ensureFirstAdministrator } from '../data-directory/first-administrator.ts'
import type { Databases } from '../databases.ts'
import { keepLooking } from '../keep-looking.ts'
import type { Settings } from '../settings/settings.ts'

interface Parts {
  readonly databases: Pick<Databases, 'migrate'>
  readonly copies: Replicas<IdentityDatabase>
  readonly clock: Clock
  readonly log: Logger
  readonly stopping?: AbortSignal | undefined
}

/** A primary that was away at the start is tried again so often, in milliseconds. */
const pauseMs = 1000

/**
 * Brings identity's database up to date. While the primary is away identity begins on the standbys, if they have what that
 * takes (enrollment E-71); otherwise it waits for the primary, and says why. What the database itself refuses ends the start,
 * and so does a primary that is away where there are no standbys.
 */
export async function findIdentityDatabase({ databases, copies, clock, log, stopping }: Parts): Promise<StartsOn> {
  for (let told: string | undefined; ;) {
    try {
      await databases.migrate('identity')
      return 'primary'
    } catch (error) {
      if (!isUnreachable(error) || copies.nodes().length === 1) throw error
    }
    const obstacle = await obstacleToStandbys({ copies, clock })
    if (obstacle === undefined) {
      log.warn('the primary is away: identity begins on the standbys, and what takes a write is put off')
      return 'standbys'
    }
    if (obstacle !== told) log.warn(`identity waits for its primary, for the standbys cannot stand in: ${obstacle}`)
    told = obstacle
    await sleep(pauseMs, undefined, stopping && { signal: stopping })
  }
}

/** Does what a start on the standbys has put off, as soon as the primary is back. */
export function catchUpWhenPrimaryIsBack(
  { databases, log }: Pick<Parts, 'databases' | 'log'>,
  identity: Identity,
  settings: Settings,
  everyMs = pauseMs,
): { stop(): void } {
  let failing = false
  const looking = keepLooking(async () => {
    try {
      await databases.migrate('identity')
      await identity.catchUp()
      const { newPassword, username, file } = await ensureFirstAdministrator(settings, identity)
      if (newPassword !== undefined) log.info({ username, file }, 'the first administrator was made')
      looking.stop()
      log.info('the primary is back, and what was put off is done')
    } catch (error) {
      if (isAway(error)) return
      if (!failing) log.error({ err: error }, 'what was put off for the primary cannot be done')
      failing = true
    }
  }, everyMs)
  return looking
}

function isAway(error: unknown): boolean {
  return isUnreachable(error) || error instanceof ReplicasUnavailable
}

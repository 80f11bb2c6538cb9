import { type Erased, erasures } from '@sallyport/contracts'
import { countErased, markErased } from '@sallyport/database'
import { type Clock, newId } from '@sallyport/kernel'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { type Kysely, sql } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import { parseUserName, type UserName } from '../people/user-name.ts'

interface Parts {
  readonly db: Kysely<EnrollmentDatabase>
  readonly clock: Clock
}

/**
 * What identity asks when a person is to be erased. People are known here by their names: seats and places are given up as
 * by a drop (enrollment E-58), and what they dropped or taught stays under a name that is nobody's.
 */
export function erasureRoutes(parts: Parts): HandledRoute[] {
  return [
    handle(erasures.enrollment, async ({ params, body }) => {
      await markErased(parts.db, body.uid, parts.clock.now())
      const name = body.username === undefined ? undefined : parseUserName(body.username)
      return ok(name === undefined ? { removed: {}, anonymous: {} } : await erase(parts, params.erasureId, name))
    }),
  ]
}

function erase({ db, clock }: Parts, erasureId: string, name: UserName): Promise<Erased> {
  // A new one each time: who is erased twice is not the same nobody, and what is left tells nothing of when.
  const pseudonym = `erased-${newId()}`
  return db.transaction().execute(async (tx) => {
    const now = clock.now()
    const { rows } = await sql<{ seats: number; places: number; history: number; taught: number }>`
      select * from erase_person(${name}, ${pseudonym}, ${now})`.execute(tx)
    const [row] = rows
    if (!row) throw new TypeError('erase_person gave no answer')
    const { seats, places, history, taught } = row
    const counted = await countErased(
      tx,
      erasureId,
      { seats, 'waiting places': places, 'past placements': history, 'sections taught': taught },
      now,
    )
    const { 'past placements': past = 0, 'sections taught': sections = 0, ...removed } = counted
    return { removed, anonymous: { 'past placements': past, 'sections taught': sections } }
  })
}

import { enrollment } from '@sallyport/contracts'
import { handle, type HandledRoute, ok } from '@sallyport/service'
import { onlyOneself } from '../people/user-name.ts'
import type { Rosters } from '../seats/rosters.ts'
import type { Sections } from '../sections/sections.ts'
import { toSection } from './shapes.ts'

/** What students and instructors see of themselves. */
export function peopleRoutes({
  rosters,
  sections,
}: {
  readonly rosters: Rosters
  readonly sections: Sections
}): HandledRoute[] {
  return [
    handle(enrollment.listOwnEnrollments, async ({ params, caller }) => {
      const seats = await rosters.seatsOf(onlyOneself(caller, params.username))
      return ok({
        enrollments: seats.map(({ section, since }) => ({
          section: toSection(section),
          enrolled_at: since.toISOString(),
        })),
      })
    }),

    handle(enrollment.listOwnWaitingLists, async ({ params, caller }) => {
      const waits = await rosters.waitsOf(onlyOneself(caller, params.username))
      return ok({
        waitlists: waits.map(({ sectionId, position, since }) => ({
          section_id: sectionId,
          position,
          joined_at: since.toISOString(),
        })),
      })
    }),

    handle(enrollment.listTaught, async ({ params, caller }) => {
      const taught = await sections.listTaughtBy(onlyOneself(caller, params.username))
      return ok({ sections: taught.map(toSection) })
    }),
  ]
}

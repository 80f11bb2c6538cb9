import { enrollment } from '@sallyport/contracts'
import { type AccountCaller, handle, type HandledRoute, ok } from '@sallyport/service'
import { NotYours, onlyOneself, parseUserName, type UserName, userNameOf } from '../people/user-name.ts'
import { NotEnrolled, NotWaiting } from '../seats/placement.ts'
import type { Rosters } from '../seats/rosters.ts'
import type { Seats } from '../seats/seats.ts'
import { parseSectionId } from '../sections/section.ts'
import { createdAt, noContent } from './shapes.ts'

/** How students come to seats and leave them, and what instructors see of that. */
export function seatRoutes({ seats, rosters }: { readonly seats: Seats; readonly rosters: Rosters }): HandledRoute[] {
  return [
    handle(enrollment.enroll, async ({ params, caller }) => {
      const student = userNameOf(caller)
      const id = parseSectionId(params.id)
      const placement = await seats.enroll(id, student, caller.accountId)
      const list = placement.status === 'enrolled' ? 'enrollments' : 'waitlist'
      return createdAt(`/api/sections/${id}/${list}/${student}`, { section_id: id, student, ...placement })
    }),

    handle(enrollment.drop, async ({ params, caller }) => {
      const { student, instructor } = actingOn(params.username, caller)
      const id = parseSectionId(params.id)
      if (student === undefined) throw new NotEnrolled()
      await seats.drop(id, student, instructor)
      return noContent
    }),

    handle(enrollment.readPosition, async ({ params, caller }) => {
      const { student, instructor } = actingOn(params.username, caller)
      const id = parseSectionId(params.id)
      if (student === undefined) throw new NotWaiting()
      const position = await rosters.position(id, student, instructor)
      return ok({ section_id: id, student, position })
    }),

    handle(enrollment.leaveWaitingList, async ({ params, caller }) => {
      const student = onlyOneself(caller, params.username)
      await seats.leaveList(parseSectionId(params.id), student)
      return noContent
    }),

    handle(enrollment.listEnrolled, async ({ params, caller }) => {
      const enrolled = await rosters.enrolled(parseSectionId(params.id), userNameOf(caller))
      return ok({
        enrollments: enrolled.map(({ student, since }) => ({ student, enrolled_at: since.toISOString() })),
      })
    }),

    handle(enrollment.listDrops, async ({ params, caller }) => {
      const dropped = await rosters.dropped(parseSectionId(params.id), userNameOf(caller))
      return ok({
        drops: dropped.map(({ student, since, droppedBy }) => ({
          student,
          dropped_at: since.toISOString(),
          dropped_by: droppedBy,
        })),
      })
    }),

    handle(enrollment.listWaiting, async ({ params, caller }) => {
      const waiting = await rosters.waiting(parseSectionId(params.id), userNameOf(caller))
      return ok({
        waitlist: waiting.map(({ student, since }, index) => ({
          position: index + 1,
          student,
          joined_at: since.toISOString(),
        })),
      })
    }),
  ]
}

/**
 * Whom a student or an instructor does something to: students to themselves, instructors to anybody in a section that they
 * teach, which remains to be seen (E-53).
 *
 * @returns no instructor where it is the student, and no student for a text that nobody is called by
 * @throws {NotYours}
 */
function actingOn(
  username: string,
  caller: AccountCaller,
): { readonly student: UserName | undefined; readonly instructor?: UserName } {
  const own = userNameOf(caller)
  const student = parseUserName(username)
  if (student === own && caller.roles.includes('student')) return { student }
  if (!caller.roles.includes('instructor')) throw new NotYours('this is for the person of that name alone')
  return { student, instructor: own }
}

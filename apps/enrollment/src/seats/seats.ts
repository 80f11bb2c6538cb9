import { inBatches } from '@sallyport/database'
import type { AccountId, Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import { NotYours, type UserName } from '../people/user-name.ts'
import { type SectionId, UnknownSection } from '../sections/section.ts'
import {
  AlreadyEnrolled,
  AlreadyWaitlisted,
  NotEnrolled,
  NotWaiting,
  type Placement,
  WaitlistFull,
  WaitlistLimit,
} from './placement.ts'
import * as store from './placement-store.ts'

/** How students come to seats and waiting lists, and leave them. */
export interface Seats {
  /**
   * A seat where one is free and nobody waits, else the end of the list (E-55).
   *
   * @param accountId who the student is, whom nothing is written of once they are erased
   * @throws {UnknownSection} @throws {AlreadyEnrolled} @throws {AlreadyWaitlisted} @throws {WaitlistFull} @throws {WaitlistLimit}
   */
  enroll(sectionId: SectionId, student: UserName, accountId: AccountId): Promise<Placement>
  /**
   * Whoever waits first gets the seat (E-58).
   *
   * @param instructor who takes it from the student, and has to teach the section; without, the student gives it up
   * @throws {UnknownSection} @throws {NotYours} @throws {NotEnrolled}
   */
  drop(sectionId: SectionId, student: UserName, instructor?: UserName): Promise<void>
  /** @throws {UnknownSection} @throws {NotWaiting} */
  leaveList(sectionId: SectionId, student: UserName): Promise<void>
}

/**
 * What is asked while the database is at work goes there together, in order of arrival: a section that everybody wants
 * costs one lock and one commit for many, and what is asked for alone waits for nobody.
 */
export function createSeats({ db, clock }: { readonly db: Kysely<EnrollmentDatabase>; readonly clock: Clock }): Seats {
  const enroll = inBatches((enrolling: readonly store.Enrolling[]) => store.enrollAll(db, enrolling, clock.now()))
  const drop = inBatches((dropping: readonly store.Dropping[]) => store.dropAll(db, dropping, clock.now()))

  return {
    enroll: async (sectionId, student, accountId) => toPlacement(await enroll({ sectionId, student, accountId })),
    drop: async (sectionId, student, instructor) => checkDropped(await drop({ sectionId, student, instructor })),
    async leaveList(sectionId, student) {
      const outcome = await store.leaveList(db, { sectionId, student })
      if (outcome === 'unknown-section') throw new UnknownSection()
      if (outcome === 'not-waiting') throw new NotWaiting()
    },
  }
}

const refusals = {
  'unknown-section': UnknownSection,
  'already-enrolled': AlreadyEnrolled,
  'already-waitlisted': AlreadyWaitlisted,
  'waitlist-full': WaitlistFull,
  'waitlist-limit': WaitlistLimit,
}

function toPlacement({ outcome, position }: store.EnrollAnswer): Placement {
  if (outcome === 'enrolled') return { status: 'enrolled' }
  if (outcome !== 'waitlisted') throw new refusals[outcome]()
  if (position === null) throw new TypeError('a place on a list has a number')
  return { status: 'waitlisted', position }
}

function checkDropped(outcome: store.DropOutcome): void {
  if (outcome === 'unknown-section') throw new UnknownSection()
  if (outcome === 'not-the-instructor') throw new NotYours('you do not teach this section')
  if (outcome === 'not-enrolled') throw new NotEnrolled()
}

import type { Kysely } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import { NotYours, type UserName } from '../people/user-name.ts'
import { type Section, type SectionId, UnknownSection } from '../sections/section.ts'
import { findSections } from '../sections/section-store.ts'
import { NotWaiting } from './placement.ts'
import * as store from './roster-store.ts'

/** Who has a seat, waits or has dropped: as instructors see it of their sections, and students of themselves. */
export interface Rosters {
  /** @throws {UnknownSection} @throws {NotYours} */
  enrolled(id: SectionId, instructor: UserName): Promise<readonly store.Listed[]>
  /** In the order of the list. @throws {UnknownSection} @throws {NotYours} */
  waiting(id: SectionId, instructor: UserName): Promise<readonly store.Listed[]>
  /** @throws {UnknownSection} @throws {NotYours} */
  dropped(id: SectionId, instructor: UserName): Promise<readonly store.Dropped[]>
  /**
   * A student's place on the list.
   *
   * @param instructor who asks, and has to teach the section; without, the student does
   * @throws {UnknownSection} @throws {NotYours} @throws {NotWaiting}
   */
  position(id: SectionId, student: UserName, instructor?: UserName): Promise<number>
  seatsOf(student: UserName): Promise<readonly { readonly section: Section; readonly since: Date }[]>
  waitsOf(student: UserName): Promise<readonly store.Waiting[]>
}

const notTaught = 'you do not teach this section'

export function createRosters(db: Kysely<EnrollmentDatabase>): Rosters {
  async function read<Item>(
    reading: Promise<store.Roster<Item> | undefined>,
    instructor: UserName,
  ): Promise<readonly Item[]> {
    const roster = await reading
    if (!roster) throw new UnknownSection()
    if (roster.instructor !== instructor) throw new NotYours(notTaught)
    return roster.items
  }

  return {
    enrolled: (id, instructor) => read(store.readEnrolled(db, id), instructor),
    waiting: (id, instructor) => read(store.readWaiting(db, id), instructor),
    dropped: (id, instructor) => read(store.readDropped(db, id), instructor),
    async position(id, student, instructor) {
      const found = await store.findPosition(db, id, student)
      if (!found) throw new UnknownSection()
      if (instructor !== undefined && found.instructor !== instructor) throw new NotYours(notTaught)
      if (found.position === null) throw new NotWaiting()
      return found.position
    },
    async seatsOf(student) {
      const seats = await store.listSeatsOf(db, student)
      const sections = await findSections(
        db,
        seats.map(({ sectionId }) => sectionId),
      )
      const byId = new Map(sections.map((section) => [section.id, section]))
      return seats.flatMap(({ sectionId, since }) => {
        const section = byId.get(sectionId)
        // Removed between the two queries.
        return section ? [{ section, since }] : []
      })
    },
    waitsOf: (student) => store.listWaitsOf(db, student),
  }
}

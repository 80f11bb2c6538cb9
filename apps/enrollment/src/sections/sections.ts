import type { Kysely } from 'kysely'
import { parseCourseId, UnknownCourse } from '../courses/course.ts'
import { hasCourse } from '../courses/course-store.ts'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import type { UserName } from '../people/user-name.ts'
import { DuplicateSection, type NewSection, type Section, type SectionId, statusOf, UnknownSection } from './section.ts'
import * as store from './section-store.ts'

/** What can be done with sections. */
export interface Sections {
  list(): Promise<Section[]>
  /** Those where whoever comes next gets a seat or a place on the list (E-52). */
  listAvailable(): Promise<Section[]>
  listTaughtBy(instructor: UserName): Promise<Section[]>
  /** @throws {UnknownSection} */
  read(id: SectionId): Promise<Section>
  /** Whether the instructor exists is not known here (E-12). @throws {UnknownCourse} @throws {DuplicateSection} */
  add(section: NewSection): Promise<Section>
  /** Removes a section with all that is about it. @throws {UnknownSection} */
  remove(id: SectionId): Promise<void>
  /** @throws {UnknownSection} */
  changeInstructor(id: SectionId, instructor: UserName): Promise<Section>
}

export function createSections(db: Kysely<EnrollmentDatabase>): Sections {
  async function read(id: SectionId): Promise<Section> {
    const section = await store.findSection(db, id)
    if (!section) throw new UnknownSection()
    return section
  }

  return {
    read,
    list: () => store.listSections(db),
    listAvailable: async () => (await store.listSections(db)).filter((section) => statusOf(section) !== 'full'),
    listTaughtBy: (instructor) => store.listTaughtBy(db, instructor),
    async add(section) {
      const courseId = parseCourseId(section.courseId)
      if (!(await hasCourse(db, courseId))) throw new UnknownCourse()
      const id = await store.insertSection(db, section, courseId)
      if (id === undefined) throw new DuplicateSection()
      return read(id)
    },
    async remove(id) {
      if (!(await store.deleteSection(db, id))) throw new UnknownSection()
    },
    async changeInstructor(id, instructor) {
      if (!(await store.updateInstructor(db, id, instructor))) throw new UnknownSection()
      return read(id)
    },
  }
}

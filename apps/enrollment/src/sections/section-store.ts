import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Course, CourseId } from '../courses/course.ts'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import type { UserName } from '../people/user-name.ts'
import type { NewSection, Section, SectionId } from './section.ts'

type Database = Kysely<EnrollmentDatabase>

/** All sections, in the order in which they were added. */
export async function listSections(db: Database): Promise<Section[]> {
  return read(db, sql`order by section.id`)
}

export async function listTaughtBy(db: Database, instructor: UserName): Promise<Section[]> {
  return read(db, sql`where instructor = ${instructor} order by section.id`)
}

export async function findSection(db: Database, id: SectionId): Promise<Section | undefined> {
  return (await read(db, sql`where section.id = ${id}`))[0]
}

/** The sections of these ids that are there. */
export async function findSections(db: Database, ids: readonly SectionId[]): Promise<Section[]> {
  return read(db, sql`where section.id = any (${ids}::integer[])`)
}

/** Undefined when there is such a section already. */
export async function insertSection(
  db: Database,
  section: NewSection,
  courseId: CourseId,
): Promise<SectionId | undefined> {
  const { sectionNumber, term, instructor, capacity } = section
  const row = await db
    .insertInto('section')
    .values({ course_id: courseId, section_number: sectionNumber, term, instructor, capacity })
    .onConflict((conflict) => conflict.columns(['course_id', 'term', 'section_number']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return row?.id
}

/** Removes a section with all that is about it; whether there was one. */
export async function deleteSection(db: Database, id: SectionId): Promise<boolean> {
  const { numDeletedRows } = await db.deleteFrom('section').where('id', '=', id).executeTakeFirst()
  return numDeletedRows === 1n
}

/** Whether there is such a section. */
export async function updateInstructor(db: Database, id: SectionId, instructor: UserName): Promise<boolean> {
  const { numUpdatedRows } = await db.updateTable('section').set({ instructor }).where('id', '=', id).executeTakeFirst()
  return numUpdatedRows === 1n
}

interface SectionRow extends Omit<Section, 'course' | 'sectionNumber'> {
  readonly section_number: number
  readonly course_id: CourseId
  readonly department: string
  readonly number: string
  readonly title: string
}

/** One query, which counts from the two small indexes. */
async function read(db: Database, rest: RawBuilder<unknown>): Promise<Section[]> {
  const { rows } = await sql<SectionRow>`
    select section.id, section_number, term, instructor, capacity, course_id, department, number, title, (
        select count(*)::integer from placement where section_id = section.id and seat is not null
      ) as enrolled, (
        select count(*)::integer from placement where section_id = section.id and ticket is not null
      ) as waiting
    from section join course on course.id = course_id ${rest}`.execute(db)
  return rows.map(toSection)
}

function toSection({ section_number, course_id, department, number, title, ...row }: SectionRow): Section {
  const course: Course = { id: course_id, department, number, title }
  return { ...row, sectionNumber: section_number, course }
}

import type { Kysely } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import type { Course, CourseId } from './course.ts'

/** Undefined when the department has a course of this number. */
export async function insertCourse(
  db: Kysely<EnrollmentDatabase>,
  { department, number, title }: Omit<Course, 'id'>,
): Promise<Course | undefined> {
  return db
    .insertInto('course')
    .values({ department, number, title })
    .onConflict((conflict) => conflict.columns(['department', 'number']).doNothing())
    .returning(['id', 'department', 'number', 'title'])
    .executeTakeFirst()
}

export async function hasCourse(db: Kysely<EnrollmentDatabase>, id: CourseId): Promise<boolean> {
  const row = await db.selectFrom('course').select('id').where('id', '=', id).executeTakeFirst()
  return row !== undefined
}

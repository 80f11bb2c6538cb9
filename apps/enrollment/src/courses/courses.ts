import type { Kysely } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import { type Course, DuplicateCourse } from './course.ts'
import { insertCourse } from './course-store.ts'

export interface Courses {
  /** @throws {DuplicateCourse} */
  add(course: Omit<Course, 'id'>): Promise<Course>
}

export function createCourses(db: Kysely<EnrollmentDatabase>): Courses {
  return {
    async add(course) {
      const added = await insertCourse(db, course)
      if (!added) throw new DuplicateCourse()
      return added
    },
  }
}

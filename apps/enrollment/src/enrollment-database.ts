import { fileURLToPath } from 'node:url'
import type { GeneratedAlways } from 'kysely'
import type { CourseId } from './courses/course.ts'
import type { UserName } from './people/user-name.ts'
import type { SectionId } from './sections/section.ts'

/** The tables of enrollment's database. Placements are changed by its functions alone. */
export interface EnrollmentDatabase {
  course: { id: GeneratedAlways<CourseId>; department: string; number: string; title: string }
  section: {
    id: GeneratedAlways<SectionId>
    course_id: CourseId
    section_number: number
    term: string
    instructor: UserName
    capacity: number
  }
  placement: {
    section_id: SectionId
    student: UserName
    state: 'enrolled' | 'waiting' | 'dropped'
    since: Date
    capacity: number
    seat: number | null
    ticket: bigint | null
    list_place: number | null
    own_list: number | null
    dropped_by: 'student' | 'instructor' | null
  }
  automatic_enrollment: { one: boolean; enabled: boolean }
}

/** The folder of the migrations of this database. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

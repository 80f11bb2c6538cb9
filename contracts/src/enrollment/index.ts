import { internal } from '../privacy/export-of-enrollment.ts'
import { erasureSurface } from '../privacy/erasure.ts'
import type { ServiceContract } from '../route.ts'
import { autoEnrollment } from './auto-enrollment.ts'
import { courses } from './courses.ts'
import { instructors, students } from './people.ts'
import { drop, enroll, leaveWaitingList, listDrops, listEnrolled, listWaiting, readPosition } from './seats.ts'
import { addSection, changeInstructor, listSections, readSection, removeSection } from './sections.ts'
import { surface } from './surface.ts'

export * from './auto-enrollment.ts'
export * from './courses.ts'
export { userNamePattern } from './fields.ts'
export * from './people.ts'
export * from '../privacy/export-of-enrollment.ts'
export * from './seats.ts'
export * from './sections.ts'

export const sections = surface('sections', '/sections', [
  listSections,
  readSection,
  addSection,
  removeSection,
  changeInstructor,
  enroll,
  listEnrolled,
  drop,
  listWaiting,
  readPosition,
  leaveWaitingList,
  listDrops,
])

export const enrollmentContract: ServiceContract = {
  name: 'enrollment',
  title: 'Enrollment',
  surfaces: [courses, sections, students, instructors, autoEnrollment, internal, erasureSurface('enrollment')],
}

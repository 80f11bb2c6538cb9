import { type Static, Type } from 'typebox'
import { internalSurface } from '../internal-surface.ts'
import { personalDataRoute } from './export.ts'
import { list, Time } from './fields.ts'

const section = {
  section_id: Type.Integer(),
  term: Type.String(),
  department: Type.String(),
  course_number: Type.String(),
  section_number: Type.Integer(),
  title: Type.String(),
}

export const EnrollmentData = Type.Object({
  seats: list(Type.Object({ ...section, since: Time })),
  waiting: list(Type.Object({ ...section, position: Type.Integer(), since: Time })),
  dropped: list(
    Type.Object({
      ...section,
      dropped_by: Type.String({ description: 'student, or instructor' }),
      since: Time,
    }),
  ),
  taught: list(Type.Object({ ...section, capacity: Type.Integer() })),
})
export type EnrollmentData = Static<typeof EnrollmentData>

export const exportPersonalData = personalDataRoute('enrollment', 'the user name', EnrollmentData)

export const internal = internalSurface('enrollment', [exportPersonalData])

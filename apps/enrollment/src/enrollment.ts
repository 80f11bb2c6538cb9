import { enrollment } from '@sallyport/contracts'
import { isUnreachable, type ServiceDatabase } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import { type Authentication, createService, type Service } from '@sallyport/service'
import type { Logger } from 'pino'
import { createAutoEnrollment } from './auto-enrollment/auto-enrollment.ts'
import { createCourses } from './courses/courses.ts'
import type { EnrollmentDatabase } from './enrollment-database.ts'
import { erasureRoutes } from './privacy/erasure.ts'
import { createRosters } from './seats/rosters.ts'
import { createSeats } from './seats/seats.ts'
import { createSections } from './sections/sections.ts'
import { autoEnrollmentRoutes } from './surfaces/auto-enrollment.ts'
import { courseRoutes } from './surfaces/courses.ts'
import { internalRoutes } from './surfaces/internal.ts'
import { peopleRoutes } from './surfaces/people.ts'
import { seatRoutes } from './surfaces/seats.ts'
import { sectionRoutes } from './surfaces/sections.ts'

/** What enrollment is made of; it calls no other service. The database must have the tables of `migrations`; who opened it closes it. */
export interface EnrollmentParts {
  readonly database: ServiceDatabase<EnrollmentDatabase>
  readonly authentication: Authentication
  readonly log: Logger
  readonly clock: Clock
  /** Tells the processes of enrollment apart: `1` is `enrollment.1`. */
  readonly instance?: string
}

/** Assembles enrollment: courses and their sections, seats and waiting lists. It keeps nothing in memory. */
export async function buildEnrollment(parts: EnrollmentParts): Promise<Service> {
  const { database, authentication, log, clock, instance = '1' } = parts
  const { db } = database
  const sections = createSections(db)
  const rosters = createRosters(db)

  return createService({
    contract: enrollment.enrollmentContract,
    authentication,
    log,
    instance: `enrollment.${instance}`,
    routes: [
      ...courseRoutes(createCourses(db)),
      ...sectionRoutes(sections),
      ...seatRoutes({ seats: createSeats({ db, clock }), rosters }),
      ...peopleRoutes({ rosters, sections }),
      ...autoEnrollmentRoutes(createAutoEnrollment({ db, clock })),
      ...internalRoutes(db),
      ...erasureRoutes({ db, clock }),
    ],
    isUnavailable: isUnreachable,
    checks: { database: () => database.ping() },
  })
}

import { type Brand, Rejection } from '@sallyport/kernel'
import type { Course } from '../courses/course.ts'
import type { UserName } from '../people/user-name.ts'

export type SectionId = Brand<number, 'SectionId'>

/** A course as it is taught in a term, and how many take part as it was counted just now. */
export interface Section {
  readonly id: SectionId
  readonly course: Course
  readonly sectionNumber: number
  readonly term: string
  readonly instructor: UserName
  readonly capacity: number
  readonly enrolled: number
  readonly waiting: number
}

/** What a registrar says of a section that is to be. */
export interface NewSection {
  readonly courseId: number
  readonly sectionNumber: number
  readonly term: string
  readonly instructor: UserName
  readonly capacity: number
}

/** So many wait for one section at most (E-56). */
export const waitlistCapacity = 15

export type SectionStatus = 'open' | 'waitlist' | 'full'

/** What whoever comes next can have (E-49): a seat, a place on the list, or nothing. */
export function statusOf({
  capacity,
  enrolled,
  waiting,
}: Pick<Section, 'capacity' | 'enrolled' | 'waiting'>): SectionStatus {
  if (enrolled < capacity && waiting === 0) return 'open'
  return waiting < waitlistCapacity ? 'waitlist' : 'full'
}

/** The id that a text in a path is. @throws {UnknownSection} for what could not be one (E-50) */
export function parseSectionId(text: string): SectionId {
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0
  if (!isSectionId(id)) throw new UnknownSection()
  return id
}

function isSectionId(id: number): id is SectionId {
  return id >= 1 && id <= 2 ** 31 - 1
}

export class UnknownSection extends Rejection {
  override name = 'UnknownSection'
  readonly code = 'unknown-section'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such section')
  }
}

export class DuplicateSection extends Rejection {
  override name = 'DuplicateSection'
  readonly code = 'duplicate-section'
  readonly reason = 'conflict'
  constructor() {
    super('the course has a section of this number in this term')
  }
}

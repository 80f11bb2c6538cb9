import { type Section, statusOf, waitlistCapacity } from '../sections/section.ts'

/** A section as clients see it (E-49). */
export function toSection(section: Section) {
  const { id, course, sectionNumber, term, instructor, capacity, enrolled, waiting } = section
  return {
    id,
    course,
    section_number: sectionNumber,
    term,
    instructor,
    capacity,
    enrolled,
    seats_available: capacity - enrolled,
    waitlist_length: waiting,
    waitlist_capacity: waitlistCapacity,
    status: statusOf(section),
  } as const
}

/** 201, and where the new thing is. */
export function createdAt<const Body>(location: string, body: Body) {
  return { status: 201, body, headers: { location } } as const
}

export const noContent = { status: 204, body: null } as const

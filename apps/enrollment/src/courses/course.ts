import { type Brand, Rejection } from '@sallyport/kernel'

export type CourseId = Brand<number, 'CourseId'>

export interface Course {
  readonly id: CourseId
  readonly department: string
  readonly number: string
  readonly title: string
}

/** @throws {UnknownCourse} for a number that no course can have */
export function parseCourseId(id: number): CourseId {
  if (!isCourseId(id)) throw new UnknownCourse()
  return id
}

function isCourseId(id: number): id is CourseId {
  return Number.isInteger(id) && id >= 1 && id <= 2 ** 31 - 1
}

export class DuplicateCourse extends Rejection {
  override name = 'DuplicateCourse'
  readonly code = 'duplicate-course'
  readonly reason = 'conflict'
  constructor() {
    super('the department has a course of this number')
  }
}

export class UnknownCourse extends Rejection {
  override name = 'UnknownCourse'
  readonly code = 'unknown-course'
  readonly reason = 'not-found'
  constructor() {
    super('there is no such course')
  }
}

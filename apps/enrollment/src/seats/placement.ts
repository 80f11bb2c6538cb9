import { Rejection } from '@sallyport/kernel'
import { waitlistCapacity } from '../sections/section.ts'

/** What a student has who asked for a seat. */
export type Placement = { readonly status: 'enrolled' } | { readonly status: 'waitlisted'; readonly position: number }

/** A student is on so many lists at most (E-56). */
export const mostLists = 3

export class AlreadyEnrolled extends Rejection {
  override name = 'AlreadyEnrolled'
  readonly code = 'already-enrolled'
  readonly reason = 'conflict'
  constructor() {
    super('you have a seat in this section')
  }
}

export class AlreadyWaitlisted extends Rejection {
  override name = 'AlreadyWaitlisted'
  readonly code = 'already-waitlisted'
  readonly reason = 'conflict'
  constructor() {
    super('you are on the waiting list of this section')
  }
}

export class WaitlistFull extends Rejection {
  override name = 'WaitlistFull'
  readonly code = 'waitlist-full'
  readonly reason = 'conflict'
  constructor() {
    super(`no seat is free, and ${waitlistCapacity} wait already`)
  }
}

export class WaitlistLimit extends Rejection {
  override name = 'WaitlistLimit'
  readonly code = 'waitlist-limit'
  readonly reason = 'conflict'
  constructor() {
    super(`no seat is free, and you are on ${mostLists} waiting lists already`)
  }
}

export class NotEnrolled extends Rejection {
  override name = 'NotEnrolled'
  readonly code = 'not-enrolled'
  readonly reason = 'not-found'
  constructor() {
    super('the student has no seat in this section')
  }
}

export class NotWaiting extends Rejection {
  override name = 'NotWaiting'
  readonly code = 'not-waiting'
  readonly reason = 'not-found'
  constructor() {
    super('the student is not on the waiting list of this section')
  }
}

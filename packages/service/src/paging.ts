import { defaultPageLimit } from '@sallyport/contracts'
import { Rejection } from '@sallyport/kernel'

/** Which part of a list is asked for. */
export interface PageRequest {
  /** The place that the page before ended at; without it the first page. */
  readonly after: bigint | undefined
  readonly limit: number
}

/**
 * Reads the query of a list in pages.
 *
 * @throws {UnknownPage}
 */
export function pageRequest({ after, limit = defaultPageLimit }: { after?: string; limit?: number }): PageRequest {
  if (after !== undefined && !/^\d{1,18}$/.test(after)) throw new UnknownPage()
  return { after: after === undefined ? undefined : BigInt(after), limit }
}

/** `after` is not the `next` of any page. */
export class UnknownPage extends Rejection {
  override name = 'UnknownPage'
  readonly code = 'unknown-page'
  readonly reason = 'invalid'
  constructor() {
    super('after must be the next of an earlier page')
  }
}

import type { Rejection } from '@sallyport/kernel'
import type { TSchema } from 'typebox'

/** An answer as data; the server that writes it to a socket comes later. */
export interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** One thing that is wrong with a request, in the form FastAPI made known. */
export interface Issue {
  /** A stable name such as `missing` or `int_parsing`. */
  readonly type: string
  /** Where: `['body', 'amount']`. */
  readonly loc: readonly (string | number)[]
  readonly msg: string
  readonly input: unknown
  readonly ctx?: Readonly<Record<string, unknown>>
}

export type Part = 'path' | 'query' | 'header' | 'body'

/** What reading one part of a request gave: the converted value, and what was wrong with it. */
export interface Reading {
  readonly value: unknown
  readonly issues: readonly Issue[]
}

/** Why an API key is refused that was made once: it has run out, its owner is suspended, or it may not be used from there. */
export type KeyFault = 'expired' | 'blocked' | 'elsewhere'

/** How a surface reads requests and words its refusals. Every refusal of a surface leaves through its dialect. */
export interface Dialect {
  readonly name: 'market' | 'accounts' | 'enrollment' | 'pictures' | 'problem-details'
  /** Whether every answer that is counted says `Retry-After`, 0 while there is something left, and not refusals alone. */
  readonly alwaysSaysRetryAfter?: true
  /** Converts and checks one part of a request, as leniently as the dialect wants it. */
  read(schema: TSchema, input: unknown, part: Part): Reading
  invalid(issues: readonly Issue[]): Reply
  malformedJson(explanation: string): Reply
  unauthenticated(why: 'missing' | 'invalid'): Reply
  /** What the holder of a key hears who may know why it is refused; where there are no such words, it is simply not valid. */
  refusedKey?(why: KeyFault): Reply
  notFound(): Reply
  methodNotAllowed(allowed: readonly string[]): Reply
  tooLarge(limitBytes: number): Reply
  /** Something that is needed is not there now. */
  unavailable(retryAfterSeconds: number): Reply
  /** The body did not come, or too slowly. */
  tooSlow(): Reply
  timedOut(): Reply
  /** The service broke off, or answered what cannot be passed on; what was asked may have been done. */
  badGateway(): Reply
  /** The request is not well-formed HTTP as far as this server understands it. */
  badRequest(explanation: string): Reply
  rejected(rejection: Rejection): Reply
  /** A bug. What went wrong is in the log, under this id. */
  failed(requestId: string): Reply
}

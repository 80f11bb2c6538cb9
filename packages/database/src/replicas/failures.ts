import { Rejection } from '@sallyport/kernel'
import { DatabaseError } from 'pg'
import { codeOf } from '../embedded/errors.ts'
import { TimedOut } from '../time-limit.ts'

/** No copy of the database can answer, or none that has seen what must be known for it. It may be tried again. */
export class ReplicasUnavailable extends Rejection {
  override name = 'ReplicasUnavailable'
  readonly code = 'unavailable'
  readonly reason = 'busy'

  constructor(options?: { readonly cause: unknown }) {
    super('the database cannot be reached at the moment')
    if (options) this.cause = options.cause
  }
}

/** One copy cannot answer; another one may. */
export class CopyFailed extends Error {
  override name = 'CopyFailed'

  constructor(name: string, cause: unknown) {
    super(`${name} did not answer`, { cause })
  }
}

const SYSTEM_CODES = new Set([
  'EAGAIN',
  'EACCES',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
])
// Shutting down, crashed, starting; no room for another connection.
const SERVER_CODES = new Set(['57P01', '57P02', '57P03', '53300'])

/** Whether the error says that the server is not there, and not that it refused what was asked. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof TimedOut) return true
  const code = codeOf(error) ?? ''
  if (error instanceof DatabaseError) return SERVER_CODES.has(code) || code.startsWith('08')
  // A file that cannot be opened has some of these codes too.
  if (SYSTEM_CODES.has(code)) return !isOfFile(error)
  // `pg` gives these no code.
  return (
    error instanceof Error &&
    /^(Connection terminated|timeout exceeded|Client has encountered a connection error|Client was closed)/.test(
      error.message,
    )
  )
}

/**
 * Whether a failure passes by itself, so that the same thing is worth another try: the server is not there, was in conflict
 * with somebody else, is short of something, or was told to break off (classes 08, 40, 53 and 57 of PostgreSQL's codes).
 */
export function isPassing(error: unknown): boolean {
  if (isUnreachable(error)) return true
  return error instanceof DatabaseError && /^(?:40001|40P01|53|57)/.test(error.code ?? '')
}

function isOfFile(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'path' in error
}

/** Whether the error says that files of the server are damaged or gone. */
export function isDamage(error: unknown): boolean {
  return error instanceof DatabaseError && /^(XX00[12]|58)/.test(error.code ?? '')
}

/** Whether something was to be written through a connection for reading. */
export function isWriteRefused(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '25006'
}

import { writeSync } from 'node:fs'
import { destination, type Logger, pino } from 'pino'
import type { Settings } from '../settings/settings.ts'

const standardError = 2

/** JSON lines on standard error; standard output is for what the operator is told. */
export function createLog({ logLevel }: Settings): Logger {
  const options = { level: logLevel, base: null, serializers: { err: describeError } }
  const stream = destination({ fd: standardError, sync: false })
  const flush = stream.flushSync.bind(stream)
  // For a reader that is gone it would try for ever, and the process would never end.
  stream.flushSync = () => {
    if (hasReader(standardError)) flush()
  }
  return pino(options, stream)
}

/** Whether anybody reads what is written there, as far as an empty text tells. */
function hasReader(fd: number): boolean {
  try {
    writeSync(fd, '')
    return true
  } catch (error) {
    return !(error instanceof Error && Reflect.get(error, 'code') === 'EPIPE')
  }
}

/** What is known of an error without what it may hold: PostgreSQL's put whole rows into their details. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error }
  const { name, message, stack, cause } = error
  const code: unknown = Reflect.get(error, 'code')
  return {
    type: name,
    message,
    stack,
    ...(typeof code === 'string' && { code }),
    ...(cause !== undefined && { cause: describeError(cause) }),
  }
}

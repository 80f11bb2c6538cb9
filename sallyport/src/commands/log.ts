import { destination, type Logger, pino } from 'pino'
import type { Settings } from '../settings/settings.ts'

/** JSON lines on standard error; standard output is for what the operator is told. */
export function createLog({ logLevel }: Settings): Logger {
  const options = { level: logLevel, base: null, serializers: { err: describeError } }
  return pino(options, destination({ fd: 2, sync: false }))
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

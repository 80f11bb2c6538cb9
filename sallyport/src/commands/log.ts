import { destination, type Logger, pino } from 'pino'
import type { Settings } from '../settings.ts'

/** JSON lines on standard error; standard output is for what the operator is told. */
export function createLog({ logLevel }: Settings): Logger {
  return pino(
    { level: logLevel, base: null, redact: ['*.password', '*.authorization'] },
    destination({ fd: 2, sync: false }),
  )
}

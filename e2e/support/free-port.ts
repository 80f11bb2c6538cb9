import { portFinder } from '@sallyport/kernel'

/** A port that nobody listens on, each time another one. */
export const freePort = portFinder(`tests of process ${process.pid}`)

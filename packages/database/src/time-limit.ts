/** Something did not answer in time. */
export class TimedOut extends Error {
  override name = 'TimedOut'

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`)
  }
}

/** The result of the work, or `TimedOut` when it takes longer; the work itself goes on. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    // After this process was busy for long, the answer may have arrived and not been looked at: that comes first.
    setImmediate(() => reject(new TimedOut(limitMs)))
  }, limitMs)
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

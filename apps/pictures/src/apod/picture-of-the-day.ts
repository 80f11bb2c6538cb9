import type { pictures } from '@sallyport/contracts'
import type { Clock } from '@sallyport/kernel'
import { apodDay } from './apod-day.ts'
import { UpstreamFailed } from './upstream.ts'

/** Today's record, asked for once a day (pictures S-53). */
export interface PictureOfTheDay {
  /** @throws {UpstreamFailed} */
  read(): Promise<pictures.ApodRecord>
}

/** While the new day's record is not out yet, and after a failure, the upstream is asked again after this, in milliseconds. */
const earlyMs = 10 * 60_000
const failedMs = 10_000

export function createPictureOfTheDay(parts: {
  readonly fetchRecord: () => Promise<pictures.ApodRecord>
  readonly clock: Clock
}): PictureOfTheDay {
  const { fetchRecord, clock } = parts
  let known: { readonly record: pictures.ApodRecord; readonly day: string; readonly until: number } | undefined
  let failed: { readonly error: UpstreamFailed; readonly until: number } | undefined
  let asking: Promise<pictures.ApodRecord> | undefined

  async function ask(): Promise<pictures.ApodRecord> {
    try {
      const record = await fetchRecord()
      const now = clock.now()
      const day = apodDay(now)
      known = { record, day, until: record.date === day ? Number.POSITIVE_INFINITY : now.getTime() + earlyMs }
      return record
    } catch (error) {
      // A quota at the upstream is not used up on its own failures.
      if (error instanceof UpstreamFailed) failed = { error, until: clock.now().getTime() + failedMs }
      throw error
    } finally {
      asking = undefined
    }
  }

  return {
    async read() {
      const now = clock.now()
      if (known && known.day === apodDay(now) && now.getTime() < known.until) return known.record
      if (failed && now.getTime() < failed.until) throw failed.error
      return (asking ??= ask())
    },
  }
}

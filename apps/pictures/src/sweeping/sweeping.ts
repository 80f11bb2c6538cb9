import type { Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { PictureFiles } from '../files/picture-files.ts'
import type { PicturesDatabase } from '../pictures-database.ts'
import { removeLeftFiles } from './left-files.ts'

const pauseMs = 3_600_000
/** Longer than any upload takes from its first file to its row, in milliseconds. */
const ageMs = 3_600_000

/** Removes what broken uploads have left on the disk, now and once an hour, until stopped. */
export function startSweeping(parts: {
  readonly db: Kysely<PicturesDatabase>
  readonly files: PictureFiles
  readonly clock: Clock
  readonly log: Logger
}): { stop(): Promise<void> } {
  const { db, files, clock, log } = parts
  async function sweep(): Promise<void> {
    try {
      const before = new Date(clock.now().getTime() - ageMs)
      await files.removeUnfinished(before)
      const removed = await removeLeftFiles({ db, files, before })
      if (removed > 0) log.info({ files: removed }, 'files that broken uploads had left were removed')
    } catch (error) {
      log.error({ err: error }, 'sweeping the files of pictures failed')
    }
  }
  let sweeping = sweep()
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep)
  }, pauseMs)
  return {
    async stop() {
      clearInterval(timer)
      await sweeping
    },
  }
}

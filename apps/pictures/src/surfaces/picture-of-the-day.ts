import { pictures, picturesDialect } from '@sallyport/contracts'
import { handle, type HandledRoute, ok, Refusal } from '@sallyport/service'
import type { PictureOfTheDay } from '../apod/picture-of-the-day.ts'
import { UpstreamFailed } from '../apod/upstream.ts'

/** The download of a service whose pictures are NASA's; its failures are a 502 or a 504 (pictures S-53, S-F12). */
export function pictureOfTheDayRoutes(pictureOfTheDay: PictureOfTheDay): HandledRoute[] {
  return [
    handle(pictures.readPictureOfTheDay, async () => {
      try {
        return ok(await pictureOfTheDay.read())
      } catch (error) {
        if (!(error instanceof UpstreamFailed)) throw error
        throw new Refusal(error.how === 'late' ? picturesDialect.timedOut() : picturesDialect.badGateway())
      }
    }),
  ]
}

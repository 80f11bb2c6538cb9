import { pictures } from '@sallyport/contracts'
import { handle, type HandledRoute, namesTag, ok, pageRequest } from '@sallyport/service'
import { type Picture, parseDay } from '../pool/picture.ts'
import type { Pool, Size } from '../pool/pool.ts'

/** A picture never changes, but it may be taken out of the pool: clients ask again after a day, in seconds. */
const freshSeconds = 86_400

export function ownRoutes(pool: Pool): HandledRoute[] {
  return [
    handle(pictures.pageThroughPictures, async ({ query: { from, to, ...page } }) => {
      const days = {
        from: from === undefined ? undefined : parseDay(from),
        to: to === undefined ? undefined : parseDay(to),
      }
      const { items, next } = await pool.page(days, pageRequest(page))
      return ok({ items: items.map(toShown), next: next?.toString() ?? null })
    }),
    handle(pictures.readPicture, async ({ params }) => ok(toShown(await pool.find(params.pictureId)))),
    handle(pictures.readPictureFile, async ({ params, query: { size = 'full' }, headers }) => {
      const picture = await pool.find(params.pictureId)
      const tag = tagOf(picture, size)
      // Only for who asks: pictures are for those who have a key.
      const caching = { etag: tag, 'cache-control': `private, max-age=${freshSeconds}` }
      if (namesTag(headers['if-none-match'], tag)) return { status: 304 as const, body: null, headers: caching }
      return ok(await pool.open(picture, size), caching)
    }),
  ]
}

function toShown({ id, title, explanation, date, copyright, mediaType, width, height, bytes }: Picture) {
  return { id, title, explanation, date, copyright: copyright ?? null, media_type: mediaType, width, height, bytes }
}

/** Sizes follow from the whole picture. */
function tagOf({ digest }: Picture, size: Size): string {
  return `"${digest.toString('base64url')}.${size}"`
}

import { pictures, picturesDialect } from '@sallyport/contracts'
import { created, handle, type HandledRoute, ok, Refusal } from '@sallyport/service'
import { create as contentDisposition } from 'content-disposition'
import { endingOf, parseDay } from '../pool/picture.ts'
import type { Pool } from '../pool/pool.ts'
import type { Uploads } from '../uploads/uploads.ts'

export interface SharingParts {
  readonly pool: Pool
  readonly uploads: Uploads
  readonly uploadLimitBytes: number
  /** Whether somebody looks at uploads before they join the pool. */
  readonly isModerated: boolean
}

/** Where clients of the pictures service know it: one picture by chance, and one more (pictures S-22 to S-33). */
export function sharingRoutes({ pool, uploads, uploadLimitBytes, isModerated }: SharingParts): HandledRoute[] {
  return [
    handle(pictures.downloadPicture, async () => {
      const { picture, content } = await pool.draw()
      const name = `${picture.title}.${endingOf(picture.mediaType)}`
      return ok(content, { 'content-disposition': contentDisposition(name) })
    }),
    handle(pictures.uploadPicture, async ({ caller, body: { file, title, explanation, date, copyright } }) => {
      if (file.bytes.length > uploadLimitBytes) throw new Refusal(picturesDialect.tooLarge(uploadLimitBytes))
      await uploads.add({
        caption: { title, explanation, date: parseDay(date), copyright },
        bytes: file.bytes,
        uploader: caller.accountId,
        state: isModerated ? 'pending' : 'accepted',
      })
      return created({
        Info: isModerated ? 'The picture was taken and will be looked at' : 'The picture is in the pool',
      })
    }),
  ]
}

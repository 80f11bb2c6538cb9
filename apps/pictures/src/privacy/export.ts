import { pictures } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import {
  accountOf,
  numberIn,
  type PersonalDataPage,
  type PersonalDataPlace,
  pieceOf,
  readPersonalDataPage,
  type SectionReaders,
} from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { PicturesDatabase } from '../pictures-database.ts'
import { listUploadsOf } from '../pool/picture-store.ts'

type Data = pictures.PicturesData

/** A page of everything that pictures holds of an account. @throws {UnknownPerson} @throws {UnknownPage} */
export async function exportPersonalData(
  db: Kysely<PicturesDatabase>,
  person: string,
  place?: PersonalDataPlace,
): Promise<PersonalDataPage<Data>> {
  return readPersonalDataPage(sectionsOf(db, accountOf(person)), place)
}

function sectionsOf(db: Kysely<PicturesDatabase>, uid: AccountId): SectionReaders<Data> {
  return {
    async uploads(place) {
      const found = await listUploadsOf(db, uid, { after: numberIn(place), limit: place.limit + 1 })
      const { rows, next } = pieceOf(found, place, (picture) => picture.place)
      const uploads = rows.map((picture) => ({
        id: picture.id,
        title: picture.title,
        explanation: picture.explanation,
        date: picture.date,
        copyright: picture.copyright ?? null,
        media_type: picture.mediaType,
        width: picture.width,
        height: picture.height,
        bytes: picture.bytes,
        state: picture.state,
        file: picture.state === 'accepted' ? pictures.readPictureFile.path.replace(':pictureId', picture.id) : null,
        added_at: picture.addedAt.toISOString(),
      }))
      return { sections: { uploads }, next }
    },
  }
}

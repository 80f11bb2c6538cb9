import type { enrollment } from '@sallyport/contracts'
import {
  numberIn,
  type PersonalDataPage,
  type PersonalDataPlace,
  pieceOf,
  readPersonalDataPage,
  type SectionPlace,
  type SectionReaders,
  UnknownPerson,
} from '@sallyport/service'
import type { Kysely } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import { parseUserName, type UserName } from '../people/user-name.ts'
import * as store from './export-store.ts'

type Data = enrollment.EnrollmentData

/** A page of everything that enrollment holds of a person, without who else takes part. @throws {UnknownPerson} @throws {UnknownPage} */
export async function exportPersonalData(
  db: Kysely<EnrollmentDatabase>,
  person: string,
  place?: PersonalDataPlace,
): Promise<PersonalDataPage<Data>> {
  const name = parseUserName(person)
  if (name === undefined) throw new UnknownPerson()
  return readPersonalDataPage(sectionsOf(db, name), place)
}

function sectionsOf(db: Kysely<EnrollmentDatabase>, name: UserName): SectionReaders<Data> {
  const placements = async (state: 'enrolled' | 'waiting' | 'dropped', place: SectionPlace) =>
    pieceOf(await store.listPlacements(db, name, state, pageIn(place)), place, ({ section_id: id }) => id)
  return {
    async seats(place) {
      const { rows, next } = await placements('enrolled', place)
      return { sections: { seats: rows.map((row) => ({ ...toSection(row), since: row.since.toISOString() })) }, next }
    },

    async waiting(place) {
      const { rows, next } = await placements('waiting', place)
      const waiting = rows.map((row) => ({
        ...toSection(row),
        position: row.position,
        since: row.since.toISOString(),
      }))
      return { sections: { waiting }, next }
    },

    async dropped(place) {
      const { rows, next } = await placements('dropped', place)
      const dropped = rows.map((row) => ({
        ...toSection(row),
        dropped_by: row.dropped_by ?? 'student',
        since: row.since.toISOString(),
      }))
      return { sections: { dropped }, next }
    },

    async taught(place) {
      const found = await store.listTaught(db, name, pageIn(place))
      const { rows, next } = pieceOf(found, place, ({ section_id: id }) => id)
      return { sections: { taught: rows.map((row) => ({ ...toSection(row), capacity: row.capacity })) }, next }
    },
  }
}

function pageIn(place: SectionPlace): { readonly after: number; readonly limit: number } {
  return { after: Number(numberIn(place) ?? 0n), limit: place.limit + 1 }
}

function toSection(row: store.ExportedSection) {
  const { section_id, term, department, number: course_number, section_number, title } = row
  return { section_id, term, department, course_number, section_number, title }
}

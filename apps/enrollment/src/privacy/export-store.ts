import { type Kysely, sql } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import type { UserName } from '../people/user-name.ts'

type Database = Kysely<EnrollmentDatabase>

interface After {
  readonly after: number
  readonly limit: number
}

/** A section as it is shown to who has something to do with it. */
export interface ExportedSection {
  readonly section_id: number
  readonly term: string
  readonly section_number: number
  readonly department: string
  readonly number: string
  readonly title: string
}

interface ExportedPlacement extends ExportedSection {
  readonly since: Date
  readonly dropped_by: string | null
  /** On the list: the first has 1. Of no meaning elsewhere. */
  readonly position: number
}

/** What somebody has to do with sections as a student, by the ids of these. */
export async function listPlacements(
  db: Database,
  student: UserName,
  state: 'enrolled' | 'waiting' | 'dropped',
  { after, limit }: After,
): Promise<readonly ExportedPlacement[]> {
  const { rows } = await sql<ExportedPlacement>`
    select section_id, term, section_number, department, number, title, since, dropped_by, (
      select count(*)::integer from placement as ahead
      where ahead.section_id = placement.section_id and ahead.ticket <= placement.ticket
    ) as position
    from placement join section on section.id = section_id join course on course.id = course_id
    where student = ${student} and state = ${state} and section_id > ${after}
    order by section_id limit ${limit}`.execute(db)
  return rows
}

/** The sections that somebody teaches, by their ids. */
export async function listTaught(
  db: Database,
  instructor: UserName,
  { after, limit }: After,
): Promise<readonly (ExportedSection & { readonly capacity: number })[]> {
  const { rows } = await sql<ExportedSection & { readonly capacity: number }>`
    select section.id as section_id, term, section_number, department, number, title, capacity
    from section join course on course.id = course_id
    where instructor = ${instructor} and section.id > ${after}
    order by section.id limit ${limit}`.execute(db)
  return rows
}

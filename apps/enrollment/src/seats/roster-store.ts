import { type Kysely, sql } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import type { UserName } from '../people/user-name.ts'
import type { SectionId } from '../sections/section.ts'

type Database = Kysely<EnrollmentDatabase>

/*
 * Who may see a roster is read together with it: it is theirs who teach the section at that moment.
 */

/** A student of a section, and since when. */
export interface Listed {
  readonly student: UserName
  readonly since: Date
}

export interface Dropped extends Listed {
  readonly droppedBy: 'student' | 'instructor'
}

/** A section's instructor and some of its students. */
export interface Roster<Item> {
  readonly instructor: UserName
  readonly items: readonly Item[]
}

/** Who has a seat, by name. Undefined without such a section. */
export async function readEnrolled(db: Database, id: SectionId): Promise<Roster<Listed> | undefined> {
  const rows = await rosterOf(db, id, 'enrolled').orderBy('student').execute()
  return toRoster(rows, ({ student, since }) => (student === null || since === null ? undefined : { student, since }))
}

/** Who waits, in order. */
export async function readWaiting(db: Database, id: SectionId): Promise<Roster<Listed> | undefined> {
  const rows = await rosterOf(db, id, 'waiting').orderBy('ticket').execute()
  return toRoster(rows, ({ student, since }) => (student === null || since === null ? undefined : { student, since }))
}

/** Whose last step was a drop, in order of these. */
export async function readDropped(db: Database, id: SectionId): Promise<Roster<Dropped> | undefined> {
  const rows = await rosterOf(db, id, 'dropped').orderBy('since').orderBy('student').execute()
  return toRoster(rows, ({ student, since, dropped_by: droppedBy }) =>
    student === null || since === null || droppedBy === null ? undefined : { student, since, droppedBy },
  )
}

/** The section beside each of these students, or beside none. */
function rosterOf(db: Database, id: SectionId, state: 'enrolled' | 'waiting' | 'dropped') {
  return db
    .selectFrom('section')
    .leftJoin('placement', (join) =>
      join.onRef('placement.section_id', '=', 'section.id').on('placement.state', '=', state),
    )
    .where('section.id', '=', id)
    .select(['instructor', 'student', 'since', 'dropped_by'])
}

type RosterRow = Awaited<ReturnType<ReturnType<typeof rosterOf>['executeTakeFirstOrThrow']>>

function toRoster<Item>(
  rows: readonly RosterRow[],
  toItem: (row: RosterRow) => Item | undefined,
): Roster<Item> | undefined {
  const [first] = rows
  return first && { instructor: first.instructor, items: rows.map(toItem).filter((item) => item !== undefined) }
}

/** The sections where a student has a seat, and since when, the oldest first. */
export async function listSeatsOf(db: Database, student: UserName): Promise<{ sectionId: SectionId; since: Date }[]> {
  return db
    .selectFrom('placement')
    .where('student', '=', student)
    .where('seat', 'is not', null)
    .select(['section_id as sectionId', 'since'])
    .orderBy('since')
    .orderBy('section_id')
    .execute()
}

/** A place on a list: the first has 1. */
export interface Waiting {
  readonly sectionId: SectionId
  readonly position: number
  readonly since: Date
}

/** The lists that a student is on, the oldest first. */
export async function listWaitsOf(db: Database, student: UserName): Promise<Waiting[]> {
  const { rows } = await sql<Waiting>`
    select section_id as "sectionId", since, ${position} as position
    from placement where student = ${student} and own_list is not null order by since, ticket`.execute(db)
  return rows
}

/** The instructor of a section, and a student's place on its list. Undefined without such a section. */
export async function findPosition(
  db: Database,
  id: SectionId,
  student: UserName,
): Promise<{ instructor: UserName; position: number | null } | undefined> {
  const { rows } = await sql<{ instructor: UserName; position: number | null }>`
    select instructor, (
      select ${position} from placement
      where section_id = section.id and student = ${student} and ticket is not null
    ) as position
    from section where id = ${id}`.execute(db)
  return rows[0]
}

/** How many tickets of the list are not later than that of the row at hand. */
const position = sql`(
  select count(*)::integer from placement as ahead
  where ahead.section_id = placement.section_id and ahead.ticket <= placement.ticket
)`

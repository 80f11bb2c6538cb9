import type { AccountId } from '@sallyport/kernel'
import { type Kysely, sql } from 'kysely'
import type { EnrollmentDatabase } from '../enrollment-database.ts'
import type { UserName } from '../people/user-name.ts'
import type { SectionId } from '../sections/section.ts'

/*
 * Every change is one statement, a function of the migrations that locks the section, decides and writes.
 */

type Database = Kysely<EnrollmentDatabase>

export interface Asking {
  readonly sectionId: SectionId
  readonly student: UserName
}

export interface EnrollAnswer {
  readonly outcome:
    | 'unknown-section'
    | 'already-enrolled'
    | 'already-waitlisted'
    | 'enrolled'
    | 'waitlisted'
    | 'waitlist-full'
    | 'waitlist-limit'
  readonly position: number | null
}

export interface Enrolling extends Asking {
  /** Whose name that is. */
  readonly accountId: AccountId
}

/** Decides about several who want a seat, in their order. For whoever was erased meanwhile there is no section any more. */
export async function enrollAll(db: Database, enrolling: readonly Enrolling[], now: Date): Promise<EnrollAnswer[]> {
  const people = enrolling.map(({ accountId }) => accountId)
  const { rows } = await sql<EnrollAnswer>`
    select outcome, list_position as position from enroll(
      array(
        -- Before sections are locked: an erasure that comes now waits, and finds them in their seats.
        select case when is_erased(person) then null else section_id end
        from unnest(${sectionsOf(enrolling)}::integer[], ${people}::uuid[])
          with ordinality as asking (section_id, person, place)
        order by place
      ),
      ${studentsOf(enrolling)}, ${now}
    )`.execute(db)
  return rows
}

export interface Dropping extends Asking {
  /** Who has to teach the section; undefined when the student drops it. */
  readonly instructor: UserName | undefined
}

export type DropOutcome = 'unknown-section' | 'not-the-instructor' | 'not-enrolled' | 'dropped'

/** Takes several seats, in their order, and gives each to whoever waits first. */
export async function dropAll(db: Database, dropping: readonly Dropping[], now: Date): Promise<DropOutcome[]> {
  const instructors = dropping.map(({ instructor }) => instructor ?? null)
  const { rows } = await sql<{ outcome: DropOutcome }>`
    select outcome from drop_students(${sectionsOf(dropping)}, ${studentsOf(dropping)}, ${instructors}, ${now})`.execute(
    db,
  )
  return rows.map(({ outcome }) => outcome)
}

export async function leaveList(
  db: Database,
  { sectionId, student }: Asking,
): Promise<'unknown-section' | 'not-waiting' | 'left'> {
  const { rows } = await sql<{ outcome: 'unknown-section' | 'not-waiting' | 'left' }>`
    select leave_list(${sectionId}, ${student}) as outcome`.execute(db)
  const [row] = rows
  if (!row) throw new TypeError('leave_list gave no answer')
  return row.outcome
}

function sectionsOf(asking: readonly Asking[]): readonly SectionId[] {
  return asking.map(({ sectionId }) => sectionId)
}

function studentsOf(asking: readonly Asking[]): readonly UserName[] {
  return asking.map(({ student }) => student)
}

import { personalDataPageSize } from '@sallyport/contracts'
import { type AccountId, parseId, Rejection } from '@sallyport/kernel'
import { UnknownPage } from '../paging.ts'

/** Where a list of a section is read on, and how much of it at most. */
export interface SectionPlace {
  /** What `next` was of the piece before; undefined at the beginning. */
  readonly after: string | undefined
  readonly limit: number
}

/** Some of a section: its record, or a piece of its list. */
export interface SectionPiece<Sections> {
  readonly sections: Sections
  /** Where the list goes on, if it does. */
  readonly next?: string | undefined
}

/** What reads each section of what a service holds of somebody, in the order of the contract. */
export type SectionReaders<Sections extends object> = {
  readonly [Name in keyof Sections]-?: (place: SectionPlace) => Promise<SectionPiece<Pick<Sections, Name>>>
}

/** Which page is asked for. */
export interface PersonalDataPlace {
  /** The `next` of the page before. */
  readonly after?: string | undefined
  readonly limit?: number | undefined
}

/** A page of what a service holds of somebody. */
export interface PersonalDataPage<Sections> {
  readonly sections: Sections
  readonly next: string | null
}

/**
 * Reads a page: sections one after the other for as long as it has room. Nothing is kept in between, so that any instance can
 * read the next.
 *
 * @throws {UnknownPage}
 */
export async function readPersonalDataPage<Sections extends object>(
  readers: SectionReaders<Sections>,
  { after, limit = personalDataPageSize }: PersonalDataPlace = {},
): Promise<PersonalDataPage<Partial<Sections>>> {
  const names = namesOf(readers)
  const place = after === undefined ? undefined : parsePlace(after)
  let index = place === undefined ? 0 : names.findIndex((name) => name === place.section)
  if (index < 0) throw new UnknownPage()
  let start = place?.after
  let room = limit
  const sections: Partial<Sections> = {}
  for (;;) {
    const name = names[index]
    if (name === undefined) return { sections, next: null }
    if (room <= 0) return { sections, next: `${String(name)}.` }
    const piece = await readers[name]({ after: start, limit: room })
    Object.assign(sections, piece.sections)
    if (piece.next !== undefined) return { sections, next: `${String(name)}.${piece.next}` }
    room -= sizeOf(piece.sections)
    start = undefined
    index += 1
  }
}

/**
 * A piece of a list that was read with one record more than there is room for.
 *
 * @param placeOf what tells where a record is in the list
 */
export function pieceOf<Row>(
  rows: readonly Row[],
  { limit }: SectionPlace,
  placeOf: (row: Row) => bigint | number | string,
): { readonly rows: readonly Row[]; readonly next: string | undefined } {
  const last = rows.length > limit ? rows[limit - 1] : undefined
  return { rows: rows.slice(0, limit), next: last === undefined ? undefined : String(placeOf(last)) }
}

/** The place of a list that is ordered by numbers. @throws {UnknownPage} */
export function numberIn({ after }: SectionPlace): bigint | undefined {
  if (after === undefined) return undefined
  if (!/^\d{1,18}$/.test(after)) throw new UnknownPage()
  return BigInt(after)
}

/** The place of a list that is ordered by UUIDs. @throws {UnknownPage} */
export function idIn({ after }: SectionPlace): string | undefined {
  if (after === undefined) return undefined
  const id = parseId(after)
  if (id === undefined) throw new UnknownPage()
  return id
}

/** A service that knows people by their accounts was asked about something else. */
export class UnknownPerson extends Rejection {
  override name = 'UnknownPerson'
  readonly code = 'unknown-person'
  readonly reason = 'not-found'
  constructor() {
    super('nobody is known by this')
  }
}

/** The account that a service is asked about. @throws {UnknownPerson} */
export function accountOf(person: string): AccountId {
  const uid = parseId<AccountId>(person)
  if (uid === undefined) throw new UnknownPerson()
  return uid
}

/** Since when somebody takes part, and until when, as it is written down; null for whom nothing is known. */
export function membershipOf(
  found: { readonly openedAt: Date | null; readonly closedAt: Date | null } | undefined,
): { opened_at: string | null; closed_at: string | null } | null {
  if (!found) return null
  return { opened_at: found.openedAt?.toISOString() ?? null, closed_at: found.closedAt?.toISOString() ?? null }
}

function namesOf<Sections extends object>(readers: SectionReaders<Sections>): (keyof Sections)[] {
  const names: (keyof Sections)[] = []
  for (const name in readers) names.push(name)
  return names
}

function parsePlace(text: string): { readonly section: string; readonly after: string | undefined } {
  const [section = '', ...rest] = text.split('.')
  const after = rest.join('.')
  return { section, after: after === '' ? undefined : after }
}

function sizeOf(sections: object): number {
  return Object.values(sections).reduce<number>((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0)
}

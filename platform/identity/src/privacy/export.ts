import { Readable } from 'node:stream'
import { type identity, ServiceUnreachable } from '@sallyport/contracts'
import { type AccountId, type Clock, Rejection } from '@sallyport/kernel'
import type { PersonalDataPlace } from '@sallyport/service'
import type { Kysely } from 'kysely'
import { UnknownAccount } from '../accounts/account.ts'
import { findAccount } from '../accounts/account-store.ts'
import type { Actor, Audit } from '../audit/audit.ts'
import type { IdentityDatabase } from '../identity-database.ts'
import { type BegunPart, writeBundle } from './export-bundle.ts'
import { readIdentityData } from './export-sections.ts'
import { type DataPage, patient, type Person, type PersonalDataSource } from './export-sources.ts'

/** Everything that is held of somebody, as one bundle. */
export interface Bundle {
  /** JSON, made while it is read. It breaks off when a service is gone for good before its end. */
  readonly stream: Readable
  /** What a file with it may be called. */
  readonly fileName: string
}

export interface PersonalDataExport {
  /**
   * Begins a bundle. Nothing is written before every service has answered, so that none is missing in silence.
   *
   * @param way by which it goes to somebody, for the trail
   * @throws {UnknownAccount} @throws {PartUnavailable} @throws {ExportUnderWay}
   */
  begin(uid: AccountId, by: Actor, way: ExportWay): Promise<Bundle>
  /** A page of one part, to be read on a screen; undefined where somebody is surely not known. @throws {UnknownAccount} @throws {PartUnavailable} */
  readPart(uid: AccountId, part: identity.ExportPart, place: PersonalDataPlace): Promise<DataPage | undefined>
}

export type ExportWay = 'door' | 'page' | 'command'

/** A service did not answer. */
export class PartUnavailable extends Rejection {
  override name = 'PartUnavailable'
  readonly code = 'part-unavailable'
  readonly reason = 'busy'
  override readonly facts: { readonly part: string; readonly retryAfterSeconds: number }
  constructor(part: string) {
    super(`what ${part} holds cannot be read now, and without it nothing is exported`)
    this.facts = { part, retryAfterSeconds: 10 }
  }
}

/** There is an export of the same account, or there are as many as there may be. */
export class ExportUnderWay extends Rejection {
  override name = 'ExportUnderWay'
  readonly code = 'export-under-way'
  readonly reason = 'busy'
  override readonly facts = { retryAfterSeconds: 10 }
  constructor() {
    super('another export has to end first')
  }
}

/** Each takes the time of whoever else asks this process. */
const mostAtOnce = 4

export function createPersonalDataExport(parts: {
  readonly db: Kysely<IdentityDatabase>
  readonly clock: Clock
  readonly audit: Audit
  /** All but identity. */
  readonly sources: readonly PersonalDataSource[]
  readonly onRecords?: (part: string, count: number) => void
}): PersonalDataExport {
  const { db, clock, audit, onRecords } = parts
  const own: PersonalDataSource = {
    part: 'identity',
    read: ({ uid }, place) => readIdentityData({ db, clock }, uid, place),
  }
  const sources = [own, ...parts.sources]
  const underWay = new Set<AccountId>()

  async function find(uid: AccountId): Promise<Person> {
    const account = await findAccount(db, uid)
    if (!account) throw new UnknownAccount()
    return account
  }

  async function write(uid: AccountId, by: Actor, way: ExportWay): Promise<Bundle> {
    const person = await find(uid)
    const others = await Promise.all(parts.sources.map((source) => begin(source, person)))
    // Before identity is asked, so that the bundle tells of itself.
    await audit.record(db, { kind: 'personal-data.exported', by, subject: uid, details: { way } })
    const exportedAt = clock.now().toISOString()
    const head = { format: 'sallyport-personal-data/1', account: uid, exported_at: exportedAt } as const
    // A page waits for its reader, and no more.
    const begun = [await begin(own, person), ...others]
    const stream = Readable.from(writeBundle(head, begun, onRecords), { highWaterMark: 1 })
    return { stream, fileName: `sallyport-${exportedAt.slice(0, 10)}.json` }
  }

  return {
    async begin(uid, by, way) {
      if (underWay.has(uid) || underWay.size >= mostAtOnce) throw new ExportUnderWay()
      underWay.add(uid)
      try {
        const bundle = await write(uid, by, way)
        bundle.stream.once('close', () => underWay.delete(uid))
        return bundle
      } catch (error) {
        underWay.delete(uid)
        throw error
      }
    },

    async readPart(uid, part, place) {
      const source = sources.find((one) => one.part === part)
      if (!source) throw new TypeError(`there is no part ${part}`)
      return readOf(source, await find(uid), place)
    },
  }
}

/** The first page is there before anything is written; the others are asked for with patience. */
async function begin(source: PersonalDataSource, person: Person): Promise<BegunPart> {
  const { part } = source
  const asking = patient(source)
  return {
    part,
    first: await readOf(source, person),
    async next(after) {
      const page = await asking.read(person, { after })
      if (!page) throw new TypeError(`${part} has forgotten whom it knew`)
      return page
    },
  }
}

/** @throws {PartUnavailable} */
async function readOf(
  source: PersonalDataSource,
  person: Person,
  place?: PersonalDataPlace,
): Promise<DataPage | undefined> {
  try {
    return await source.read(person, place)
  } catch (error) {
    if (error instanceof ServiceUnreachable) throw new PartUnavailable(source.part)
    throw error
  }
}

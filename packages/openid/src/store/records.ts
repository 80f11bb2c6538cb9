import { inBatches } from '@sallyport/database'
import type { Kysely } from 'kysely'
import type { OpenIdDatabase } from './openid-database.ts'
import {
  consumeRecords,
  type FieldKey,
  findRecords,
  findRecordsBy,
  type NewRecord,
  putRecords,
  type RecordKey,
  type StoredRecord,
  type Use,
} from './record-store.ts'

/** What the provider does with records all the time: what is asked for at once goes to the database together. */
export interface Records {
  readonly put: (record: NewRecord) => Promise<void>
  /** Whether it was used by this call. */
  readonly consume: (use: Use) => Promise<boolean>
  readonly find: (key: RecordKey) => Promise<StoredRecord | undefined>
  readonly findByUid: (key: FieldKey) => Promise<StoredRecord | undefined>
  readonly findByUserCode: (key: FieldKey) => Promise<StoredRecord | undefined>
}

/** Each number is a statement of its own, kept prepared. */
const usesAtOnce = 16

export function createRecords(db: Kysely<OpenIdDatabase>): Records {
  return {
    put: inBatches(async (records) => {
      await putRecords(db, records)
      return records.map(() => undefined)
    }),
    consume: inBatches((uses) => consumeRecords(db, uses), { size: usesAtOnce }),
    find: inBatches((keys) => findRecords(db, keys)),
    findByUid: inBatches((keys) => findRecordsBy(db, 'uid', keys)),
    findByUserCode: inBatches((keys) => findRecordsBy(db, 'userCode', keys)),
  }
}

import { fileURLToPath } from 'node:url'
import type { AccountId } from '@sallyport/kernel'
import type { ColumnType, GeneratedAlways } from 'kysely'
import type { Day, MediaType, PictureId, PictureState } from './pool/picture.ts'

/** The tables of the pictures' database. The pool follows the states of pictures by a trigger. */
export interface PicturesDatabase {
  picture: {
    id: PictureId
    sequence: GeneratedAlways<bigint>
    title: string
    explanation: string
    /** Read as text with `to_char`: a JavaScript date would have a time zone. */
    date: ColumnType<never, Day, never>
    copyright: string | null
    file: string
    media_type: MediaType
    width: number
    height: number
    bytes: number
    digest: Buffer
    state: PictureState
    uploader: AccountId | null
    added_at: Date
  }
  pool_place: { place: bigint; picture_id: PictureId }
  pool_size: { one: boolean; size: bigint }
  seeding: { name: string; seeded_at: Date }
}

/** The folder of the migrations of this database. */
export const migrations = fileURLToPath(new URL('../migrations', import.meta.url))

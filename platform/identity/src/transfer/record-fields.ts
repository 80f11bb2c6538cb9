import { Rejection } from '@sallyport/kernel'

/** The fields of a record, in the order in which they are written down. docs/accounts.md says what each means. */
export const recordFields = [
  'uid',
  'username',
  'email',
  'password_hash',
  'password',
  'roles',
  'first_name',
  'last_name',
  'born_on',
  'created',
  'last_login',
  'validated',
  'email_verified',
  'suspended',
  'deleted',
  'delete_date',
  'validation_string',
] as const
export type RecordField = (typeof recordFields)[number]

/** What a record says, by field. */
export type Fields = ReadonlyMap<string, unknown>

/** A record breaks a rule. What it holds is not repeated: it may be a secret. */
export class UnfitRecord extends Rejection {
  override name = 'UnfitRecord'
  readonly code = 'unfit-record'
  readonly reason = 'invalid'
  /** Undefined when the record is none. */
  readonly field: string | undefined
  constructor(field: string | undefined, rule: string) {
    super(rule)
    this.field = field
  }
}

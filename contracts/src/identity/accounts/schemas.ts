import { Type } from 'typebox'
import type { SignedIn } from '../../access.ts'

/** Self-service, and administration (accounts A-9). */
export const oneself: SignedIn = { who: 'account', gate: 10 }
export const administration: SignedIn = { who: 'account', gate: 5 }

export const closed = { additionalProperties: false }
export const Password = Type.String({ minLength: 8, maxLength: 200, writeOnly: true })
export const PasswordEncoding = Type.Optional(
  Type.Union([Type.Literal('plain'), Type.Literal('base64')], {
    description: 'How the passwords of this request are written; plain unless told otherwise or configured',
  }),
)
/** `Tue, 11 Jun 2019 10:03:09 GMT` (accounts A-10). */
export const Timestamp = Type.Union([Type.String(), Type.Null()])
export const Message = Type.Object({ message: Type.String() })
export const PublicId = Type.Object({ public_id: Type.String() })
export const Text = Type.String()

export const OwnRecord = {
  username: Text,
  email: Type.Union([Text, Type.Null()]),
  created: Timestamp,
  last_login: Timestamp,
}
export const Record = {
  ...OwnRecord,
  validated: Type.Boolean(),
  deleted: Type.Boolean(),
  delete_date: Timestamp,
}
export const Role = Type.Object({ name: Text, level: Type.Integer(), description: Text })

export const PublicIdParams = Type.Object({ public_id: Type.String() })
export const RoleParams = Type.Object({ name: Type.String() })
export const AssignmentParams = Type.Object({ name: Type.String(), public_id: Type.String() })

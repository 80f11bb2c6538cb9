import { type Static, Type } from 'typebox'
import { list, orNull, single, Time } from './fields.ts'

const Text = Type.String()
const Whole = Type.Integer()

/** What identity itself holds of somebody. Secrets are not among it, nor are digests of them. */
export const IdentityData = Type.Object({
  account: single(
    Type.Object({
      uid: Text,
      username: Text,
      email: orNull(Text),
      email_verified_at: orNull(Time),
      roles: Type.Array(Text),
      born_on: Type.String({
        description: 'the surface whose rules hold for it: market, accounts, enrollment or pictures',
      }),
      created_at: Time,
      last_login_at: orNull(Time),
      member_since: orNull(Type.String({ format: 'date-time', description: 'of the market' })),
      suspended_at: orNull(Time),
      deleted_at: orNull(Time),
      second_factor: Type.Boolean(),
    }),
  ),
  pictures: single(
    Type.Object({
      number: Whole,
      first_name: Text,
      last_name: Text,
      address: Type.String({ description: 'where the last registration came from' }),
    }),
  ),
  sessions: list(
    Type.Object({
      id: Text,
      device: orNull(Type.String({ description: 'as the program named itself' })),
      user_agent: orNull(Text),
      address: orNull(Text),
      surface: orNull(Text),
      client: orNull(Text),
      opened_at: Time,
      last_used_at: Time,
      expires_at: Time,
    }),
  ),
  api_keys: list(
    Type.Object({
      id: Text,
      name: Text,
      prefixes: Type.Array(Text, { description: 'how the key begins' }),
      scopes: Type.Array(Text),
      allowed_addresses: Type.Array(Text),
      created_at: Time,
      expires_at: Time,
      last_used_at: orNull(Time),
      uses: Whole,
    }),
  ),
  passkeys: list(Type.Object({ name: Text, created_at: Time, last_used_at: orNull(Time) })),
  authenticator_app: single(Type.Object({ added_at: Time })),
  recovery_codes: single(Type.Object({ left: Whole })),
  clients: list(
    Type.Object({
      client: Type.String({ description: 'the name of a program that was signed in to' }),
      scopes: Type.Array(Text, { description: 'what it was allowed' }),
      since: orNull(Time),
      until: orNull(Time),
    }),
  ),
  letters: list(
    Type.Object({
      purpose: Type.String({ description: 'what the link in it is for' }),
      email: Text,
      sent_at: Time,
      expires_at: Time,
    }),
  ),
  usual_networks: single(
    Type.Object({
      count: Type.Integer({ description: 'of which no more is kept than keyed digests' }),
      until: orNull(Time),
    }),
  ),
  events: list(
    Type.Object({
      at: Time,
      kind: Text,
      by: Type.String({ description: 'self, other-account, anonymous or operator' }),
      about: Type.String({ description: 'self, other-account or none' }),
      address: orNull(Type.String({ description: 'where it was done from, unless another account did it' })),
      details: Type.Record(Type.String(), Type.Union([Text, Type.Number(), Type.Boolean(), Type.Null()]), {
        description: 'none where it is about another account',
      }),
    }),
  ),
})
export type IdentityData = Static<typeof IdentityData>

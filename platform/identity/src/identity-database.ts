import type { AccountId } from '@sallyport/kernel'
import type { Generated, JSONColumnType } from 'kysely'
import type { SessionId } from './sessions/session.ts'

/** The tables of identity's database. */
export interface IdentityDatabase {
  role: { name: string; level: number; description: string }
  account: {
    uid: AccountId
    sequence: Generated<bigint>
    username: string
    email: string
    password_hash: string
    born_on: 'market'
    created_at: Date
  }
  account_role: { uid: AccountId; role: string }
  session: { sid: SessionId; uid: AccountId; created_at: Date; expires_at: Date }
  revocation: { sequence: Generated<bigint>; kind: 'session' | 'account'; id: string; until: Date }
  signing_key: {
    kid: string
    algorithm: 'RS256'
    public_jwk: JSONColumnType<Record<string, unknown>>
    sealed_private_key: Buffer
    created_at: Date
  }
}

/** The folder of the migrations of this database. */
export const migrations = new URL('../migrations', import.meta.url).pathname

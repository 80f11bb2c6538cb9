import type { Erased, identity } from '@sallyport/contracts'
import type { AccountId } from '@sallyport/kernel'
import type { OpenIdDatabase } from '@sallyport/openid'
import type { ColumnType, Generated, GeneratedAlways, JSONColumnType } from 'kysely'
import type { Birthplace } from './accounts/account.ts'
import type { ApiKeyId, KeyBirthplace } from './api-keys/api-key.ts'
import type { Actor, AuditDetails, AuditKind } from './audit/audit.ts'
import type { ClientId, ClientMetadata } from './clients/client.ts'
import type { ChallengePurpose } from './passkeys/challenge-store.ts'
import type { ErasureId, ErasureScope, ErasureStepName } from './privacy/erasure.ts'
import type { LinkPurpose } from './proofs/link-store.ts'
import type { SessionId, SessionKind } from './sessions/session.ts'

/** The tables of identity's database. */
export interface IdentityDatabase extends OpenIdDatabase {
  role: {
    name: string
    level: number
    description: string
    sequence: Generated<bigint>
    built_in: Generated<boolean>
  }
  account: {
    uid: AccountId
    sequence: Generated<bigint>
    username: string
    email: string | null
    password_hash: string
    born_on: Birthplace
    created_at: Date
    last_login_at: Date | null
    email_verified_at: Date | null
    suspended_at: Date | null
    deleted_at: Date | null
    member_since: Date | null
    has_second_factor: Generated<boolean>
    has_fixed_name: Generated<boolean>
    sessions_valid_from: Date | null
  }
  reserved_name: { digest: Buffer }
  account_role: { uid: AccountId; role: string }
  session: {
    sid: SessionId
    uid: AccountId
    created_at: Date
    expires_at: Date
    browser_session: string | null
    opened_on: SessionKind | null
    client: string | null
    user_agent: string | null
    address: string | null
    last_used_at: Date | null
    authenticated_at: Date | null
  }
  revocation: { sequence: Generated<bigint>; kind: 'session' | 'account'; id: string; until: Date }
  audit_event: {
    id: GeneratedAlways<bigint>
    at: Date
    kind: AuditKind
    actor_kind: Actor['kind']
    actor: AccountId | null
    address: string | null
    subject: AccountId | null
    details: AuditDetails
    salt: Generated<Buffer | null>
    erased_mac: Generated<Buffer | null>
  }
  api_key: {
    id: ApiKeyId
    uid: AccountId
    session_id: SessionId
    name: string
    scopes: string[]
    networks: string[]
    created_at: Date
    expires_at: Date
    last_used_at: Date | null
    uses: Generated<bigint>
    made_on: Generated<KeyBirthplace>
  }
  pictures_registration: {
    uid: AccountId
    number: GeneratedAlways<number>
    first_name: string
    last_name: string
    address: string
  }
  api_key_secret: { digest: Buffer; key: ApiKeyId; prefix: string; created_at: Date; replaced_at: Date | null }
  audit_pending: { event_id: bigint }
  audit_link: { sequence: bigint; event_id: bigint; mac: Buffer }
  client: {
    id: ClientId
    name: string
    first_party: boolean
    metadata: JSONColumnType<ClientMetadata>
    created_at: Date
  }
  client_secret: { id: GeneratedAlways<bigint>; client: ClientId; digest: Buffer; created_at: Date }
  email_link: {
    digest: Buffer
    uid: AccountId
    purpose: LinkPurpose
    email: string
    created_at: Date
    expires_at: Date
  }
  passkey: {
    id: Buffer
    uid: AccountId
    public_key: Buffer
    counter: bigint
    transports: string[]
    synced: boolean
    backed_up: boolean
    name: string
    created_at: Date
    last_used_at: Date | null
  }
  passkey_challenge: { purpose: ChallengePurpose; bound_to: string; challenge: Buffer; expires_at: Date }
  guess: { key: Buffer; account_key: Buffer | null; attempts: number; retry_at: Date; forget_at: Date }
  totp: {
    uid: AccountId
    sealed_secret: Buffer
    created_at: Date
    confirmed_at: Date | null
    last_step: bigint
  }
  recovery_code: { uid: AccountId; digest: Buffer }
  half_sign_in: { question: Buffer; uid: AccountId; proven_hash: string; tries: number; expires_at: Date }
  erasure: {
    id: ErasureId
    scope: ErasureScope
    uid: AccountId | null
    username: string | null
    email: string | null
    keeps_uploads: boolean
    token_digest: Buffer | null
    started_at: Date
    finished_at: Date | null
    receipt: ColumnType<unknown, string | null>
  }
  erasure_step: {
    erasure: ErasureId
    step: ErasureStepName
    done_at: Date | null
    removed: ColumnType<Erased['removed'], string | undefined, string>
    anonymous: ColumnType<Erased['anonymous'], string | undefined, string>
  }
  familiar_network: { uid: AccountId; digest: Buffer; until: Date }
  signing_key: {
    kid: string
    algorithm: identity.TokenAlgorithm
    public_jwk: JSONColumnType<Record<string, unknown>>
    sealed_private_key: Buffer | null
    created_at: Date
    signs_from: Date
    revoked_at: Date | null
  }
}

/** The folder of the migrations of this database. */
export const migrations = new URL('../migrations', import.meta.url).pathname

import type { JSONColumnType } from 'kysely'
import type { AdapterPayload } from 'oidc-provider'

/**
 * The table of the provider in the database of the service that uses it, which has a migration that begins with
 * `migrations/0001-openid.sql`.
 */
export interface OpenIdDatabase {
  openid_record: {
    model: string
    digest: Buffer
    payload: JSONColumnType<AdapterPayload>
    expires_at: Date | null
    consumed_at: Date | null
  }
}

import type { Clock } from '@sallyport/kernel'
import type { Kysely } from 'kysely'
import type { AccountPages } from './account-pages/account-page.ts'
import type { OpenIdAccounts, OpenIdResource, OpenIdSessions } from './accounts.ts'
import type { Assurance } from './acr.ts'
import type { OpenIdClients } from './clients/client.ts'
import type { PageFile } from './files.ts'
import type { QuestionPages } from './interactions/question.ts'
import type { OpenIdKeys } from './keys/openid-keys.ts'
import type { ProviderPages } from './pages.ts'
import type { Sealing } from './store/adapter.ts'
import type { OpenIdDatabase } from './store/openid-database.ts'

/** Where something that went wrong is written down. */
export interface OpenIdLog {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
}

export interface OpenIdProviderParts {
  /** Where clients find the provider: its discovery is below this address, and every address in it begins with it. */
  readonly issuer: string
  readonly db: Kysely<OpenIdDatabase>
  readonly clock: Clock
  readonly log: OpenIdLog
  readonly keys: OpenIdKeys
  /** Sign cookies and forms; the first signs, the others still count. */
  readonly cookieSecrets: readonly string[]
  readonly sealing: Sealing
  readonly clients: OpenIdClients
  readonly accounts: OpenIdAccounts
  readonly sessions: OpenIdSessions
  readonly assurance: Assurance
  /** Which claims belong to which scope. */
  readonly claims: Readonly<Record<string, readonly string[]>>
  readonly resources: readonly OpenIdResource[]
  readonly pages: ProviderPages
  readonly questions: QuestionPages
  /** Pages for whoever is signed in, below the issuer. */
  readonly accountPages?: AccountPages
  /** What the pages load. */
  readonly files?: readonly PageFile[]
  /** The languages of the pages, for discovery. */
  readonly locales: readonly string[]
  /** Whether clients are called (back-channel logout, their keys) at addresses of this machine and of private networks too. */
  readonly callPrivateAddresses: boolean
  /** What calls them. */
  readonly fetch?: typeof fetch
}

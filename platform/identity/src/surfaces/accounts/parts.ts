import type { Clock } from '@sallyport/kernel'
import type { Accounts } from '../../accounts/accounts.ts'
import type { Proofs } from '../../proofs/proofs.ts'
import type { Roles } from '../../roles/roles.ts'
import type { Sessions } from '../../sessions/sessions.ts'
import type { TokenIssuer } from '../../tokens/token-issuer.ts'
import type { PasswordEncoding } from './password-encoding.ts'

export interface AccountsSurfaceSettings {
  /** How many users a page of the list shows. */
  readonly pageSize: number
  /** Names that nobody may have, in lower case. */
  readonly reservedNames: readonly string[]
  /** How passwords are written that come without a mark. */
  readonly passwordEncoding: PasswordEncoding
  /** The program's. */
  readonly version: string
}

export interface AccountsSurfaceParts {
  readonly accounts: Accounts
  readonly sessions: Sessions
  readonly roles: Roles
  readonly proofs: Proofs
  readonly tokens: TokenIssuer
  readonly clock: Clock
  readonly settings: AccountsSurfaceSettings
}

import type { identity as contracts, Rate } from '@sallyport/contracts'
import type { Replicas, ServiceDatabase } from '@sallyport/database'
import type { Clock } from '@sallyport/kernel'
import type { Authentication, Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import type { IdentityDatabase } from './identity-database.ts'
import type { EnrollmentTokenSettings } from './logins/claims.ts'
import type { Mailer } from './mail/mailer.ts'
import type { MemberServices } from './memberships/memberships.ts'
import type { PasswordHashingSettings } from './passwords/password-hashing.ts'
import type { Retention } from './privacy/retention.ts'
import type { StartsOn } from './starting.ts'
import type { AccountsSurfaceSettings } from './surfaces/accounts/index.ts'

/** What identity is made of. */
export interface IdentityParts {
  readonly database: ServiceDatabase<IdentityDatabase>
  /** The copies of the database, over which the logins of the enrollment system are spread. */
  readonly copies: Replicas<IdentityDatabase>
  readonly authentication: Authentication
  /** The services that accounts have something at. */
  readonly members: MemberServices
  readonly log: Logger
  readonly clock: Clock
  /** The `iss` of the tokens: the address that people know this installation by. */
  readonly issuer: string
  /** 32 bytes that private keys are encrypted under. */
  readonly masterKey: Uint8Array
  readonly tokenKeys: TokenKeySettings
  /** Brings links to the addresses they prove. */
  readonly mailer: Mailer
  /** An address that is told of every new account of the account service (accounts A-57). */
  readonly hookUrl: string | undefined
  /** How passwords are hashed. */
  readonly passwordHashing: PasswordHashingSettings
  /** Where identity's numbers go. */
  readonly metrics: Metrics
  /** How the account service is set up. */
  readonly accountsSurface: AccountsSurfaceSettings
  /** What is in the tokens of the enrollment system. */
  readonly enrollment: EnrollmentTokenSettings
  /** How the accounts of the pictures service are set up. */
  readonly pictures: {
    /** Whether a key may be used from the address alone that it was made from. */
    readonly bindsKeys: boolean
  }
  /** How often one client may have links sent on the pages. */
  readonly linkRates: readonly Rate[]
  /** Whether programs that people sign in to are called at addresses of this machine and of private networks too. */
  readonly callPrivateAddresses: boolean
  /** Every scope that an API key can have. */
  readonly keyScopes: ReadonlySet<string>
  /** For how long what is personal is kept that nobody needs any more. */
  readonly retention: Retention
  /** How long an erasure waits for requests of before to end, in milliseconds; three seconds unless told otherwise. */
  readonly erasureSettleMs?: number
  /** Tells the processes of identity apart. */
  readonly instance?: string
  /** Where logins are kept whose sessions cannot be written down yet; of this process alone. They are in memory alone without it. */
  readonly lateLoginsFile?: string | undefined
  /** On the standbys nothing is made, and what is to be written is put off until `catchUp`; the primary otherwise. */
  readonly startsOn?: StartsOn
}

/** What the keys of the tokens are like. */
export interface TokenKeySettings {
  /** What new keys are for; those that are there stay what they are. */
  readonly algorithm: contracts.TokenAlgorithm
  /** After how many days another key takes over; 0 is never. */
  readonly rotationDays: number
}

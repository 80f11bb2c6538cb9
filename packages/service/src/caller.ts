import type { AccountId } from '@sallyport/kernel'

/** A person, as the token that was presented describes them. */
export interface AccountCaller {
  readonly kind: 'account'
  readonly accountId: AccountId
  readonly sessionId: string
  readonly username: string
  readonly role: 'user' | 'admin'
  readonly roles: readonly string[]
  /** What the token is good for; `impersonate` is everything. */
  readonly scopes: readonly string[]
  /** When the token ends, in UNIX seconds. */
  readonly expiresAt: number
}

/** Another service of the platform. */
export interface ServiceCaller {
  readonly kind: 'service'
  readonly name: string
}

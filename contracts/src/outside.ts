/**
 * What a service that is no part of the platform is told of who is calling. The platform's own credentials, which are good
 * elsewhere too, it never sees.
 */
export interface OutsideTerms {
  /** The issuers whose tokens count there, by the names they have in this installation. */
  readonly issuers: readonly string[]
  readonly identity: OutsideIdentity
}

export type OutsideIdentity =
  | { readonly as: 'none' }
  /** A token that is made for this service alone. */
  | { readonly as: 'token'; readonly audience: string }
  /** Headers, by their names, and the claim that each of them carries. */
  | { readonly as: 'headers'; readonly claims: Readonly<Record<string, string>> }

/** The name by which the platform itself is known among the issuers. */
export const platformIssuer = 'sallyport'

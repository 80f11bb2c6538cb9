/** What a door shows those who come over TLS. */
export interface Certificate {
  /** The door's own certificate first, then those between it and the authority, in PEM. */
  readonly chainPem: string
  readonly privateKeyPem: string
}

/** A hash of a password as other systems write it down. */
export interface StoredHash {
  readonly kind: 'argon2id' | 'bcrypt' | 'pbkdf2_sha256' | 'pbkdf2:sha256' | 'scrypt'
}

const forms: readonly (readonly [StoredHash['kind'], RegExp])[] = [
  ['argon2id', /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,3}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/],
  ['bcrypt', /^\$2[abxy]\$(?:0[4-9]|1\d|2\d|3[01])\$[./A-Za-z0-9]{53}$/],
  ['pbkdf2_sha256', /^pbkdf2_sha256\$\d{1,8}\$[^$]{1,128}\$[A-Za-z0-9+/]{43}=$/],
  ['pbkdf2:sha256', /^pbkdf2:sha256:\d{1,8}\$[^$]{1,128}\$[0-9a-f]{64}$/],
  ['scrypt', /^scrypt:\d{1,8}:\d{1,3}:\d{1,3}\$[^$]{1,128}\$[0-9a-f]{128}$/],
]

/** What a stored hash is; undefined when it is damaged, or of no kind that can be verified. */
export function parseStoredHash(text: string): StoredHash | undefined {
  const form = forms.find(([, pattern]) => pattern.test(text))
  return form && { kind: form[0] }
}

import { createHmac, hkdfSync } from 'node:crypto'

/** Knows again a name whose account is gone, without anybody being able to tell from what is kept whose it was. */
export type NameDigest = (username: string) => Buffer

/** The same of an e-mail address, which no user name is like. */
export function emailDigest(digest: NameDigest, email: string): Buffer {
  return digest(`e-mail ${email}`)
}

/** A keyed digest of a name, whatever its case. */
export function createNameDigest(masterKey: Uint8Array): NameDigest {
  const key = Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), 'sallyport reserved names 1', 32))
  return (username) => createHmac('sha256', key).update(username.toLowerCase()).digest()
}

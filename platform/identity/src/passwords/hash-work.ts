import { pbkdf2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { hash, verify as verifyArgon2 } from '@node-rs/argon2'
import { verify as verifyBcrypt } from '@node-rs/bcrypt'
import { argon2Cost, type NewHashes, prefixOf } from './new-hashes.ts'
import { parseStoredHash, type StoredHash } from './stored-hash.ts'

const derivePbkdf2 = promisify(pbkdf2)
const deriveScrypt = promisify<string, string, number, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  scrypt,
)

/** The hash of a password, with a new salt. */
export async function makeHash(newHashes: NewHashes, password: string): Promise<string> {
  // The library's default algorithm is argon2id.
  if (newHashes.algorithm === 'argon2id') return hash(password, argon2Cost)
  // The text of the salt is what is hashed, not the bytes it stands for (enrollment E-19).
  const salt = randomBytes(16).toString('hex')
  const key = await derivePbkdf2(password, salt, newHashes.pbkdf2Iterations, 32, 'sha256')
  return `${prefixOf(newHashes)}${salt}$${key.toString('base64')}`
}

/** Whether a password fits a stored hash. A record that is none fits no password (enrollment E-20). */
export async function fits(password: string, text: string): Promise<boolean> {
  const stored = parseStoredHash(text)
  return stored !== undefined && fitsParsed(password, stored)
}

async function fitsParsed(password: string, stored: StoredHash): Promise<boolean> {
  // The library fails on nothing but what is wrong with the record.
  if (stored.kind === 'argon2') return verifyArgon2(stored.phc, password).catch(() => false)
  if (stored.kind === 'bcrypt') return verifyBcrypt(password, stored.text)
  return timingSafeEqual(await derive(password, stored), stored.key)
}

function derive(password: string, stored: Extract<StoredHash, { readonly key: Buffer }>): Promise<Buffer> {
  const { salt, key } = stored
  if (stored.kind === 'pbkdf2') return derivePbkdf2(password, salt, stored.iterations, key.length, stored.digest)
  const { n, r, p } = stored
  // What the algorithm needs (RFC 7914 §2), and a little for the library; its own limit is below Werkzeug's default.
  const maxmem = 128 * r * (n + p + 2)
  return deriveScrypt(password, salt, key.length, { N: n, r, p, maxmem })
}

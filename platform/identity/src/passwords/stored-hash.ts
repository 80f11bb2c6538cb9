/** A stored hash, taken apart. Verifying it costs no more than the limits below allow. */
export type StoredHash =
  | { readonly kind: 'argon2'; readonly phc: string }
  | { readonly kind: 'bcrypt'; readonly text: string }
  | {
      readonly kind: 'pbkdf2'
      readonly digest: Digest
      readonly iterations: number
      readonly salt: string
      readonly key: Buffer
    }
  | {
      readonly kind: 'scrypt'
      readonly n: number
      readonly r: number
      readonly p: number
      readonly salt: string
      readonly key: Buffer
    }

type Digest = keyof typeof keyBytes
const keyBytes = { sha1: 20, sha256: 32, sha512: 64 }
const scryptKeyBytes = 64

/*
 * The most that a record may ask for: several times what the systems people come from write by default, and about three
 * seconds of one core. A hostile or damaged record costs no more than that.
 */
const mostCharacters = 1024
const mostIterations = 5_000_000
const mostMemoryBytes = 256 * 1024 * 1024
/** Argon2: memory in KiB times passes. */
const mostArgon2Work = 2 * 1024 * 1024
const mostArgon2Lanes = 64
/** Bcrypt: each step up doubles the work. */
const leastBcryptCost = 4
const mostBcryptCost = 15
const mostScryptMemoryBytes = 128 * 1024 * 1024
/** Scrypt: N r p. */
const mostScryptWork = 4 * 1024 * 1024
const mostScryptLanes = 64

const decimal = '([1-9][0-9]{0,9})'
const saltText = '([^$]{1,256})'
const argon2 = new RegExp(
  `^(?:argon2)?(\\$argon2(?:id|i)\\$(?:v=(?:16|19)\\$)?m=${decimal},t=${decimal},p=${decimal}\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+))$`,
)
const bcrypt = /^(?:bcrypt\$)?(\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53})$/
const djangoPbkdf2 = new RegExp(`^pbkdf2_sha256\\$${decimal}\\$${saltText}\\$([A-Za-z0-9+/]+=*)$`)
const werkzeugPbkdf2 = new RegExp(`^pbkdf2:(sha1|sha256|sha512):${decimal}\\$${saltText}\\$([0-9a-f]+)$`)
const djangoScrypt = new RegExp(`^scrypt\\$${decimal}\\$${saltText}\\$${decimal}\\$${decimal}\\$([A-Za-z0-9+/]+=*)$`)
const werkzeugScrypt = new RegExp(`^scrypt:${decimal}:${decimal}:${decimal}\\$${saltText}\\$([0-9a-f]+)$`)

/**
 * Takes a stored hash apart; undefined when it is of no known form, damaged, or asks for more than a password may cost.
 *
 * Known are argon2id and argon2i (PHC strings), bcrypt (`$2a$`, `$2b$`, `$2y$`; it reads the first 72 bytes of a password),
 * `pbkdf2_sha256$iterations$salt$base64` (enrollment E-18), what Django writes with its Argon2, BCrypt and Scrypt hashers,
 * and Werkzeug's `pbkdf2:digest:iterations$salt$hex` and `scrypt:N:r:p$salt$hex`. Werkzeug also reads records that do not
 * say their iterations, with a number that differs from version to version: those are not known here.
 */
export function parseStoredHash(text: string): StoredHash | undefined {
  if (text.length > mostCharacters) return undefined
  return (
    parseArgon2(text) ??
    parseBcrypt(text) ??
    parseDjangoPbkdf2(text) ??
    parseWerkzeugPbkdf2(text) ??
    parseDjangoScrypt(text) ??
    parseWerkzeugScrypt(text)
  )
}

function parseArgon2(text: string): StoredHash | undefined {
  const [, phc, memory = '', passes = '', lanes = '', salt = '', key = ''] = argon2.exec(text) ?? []
  if (phc === undefined) return undefined
  const memoryKib = Number(memory)
  const isBounded =
    memoryKib * 1024 <= mostMemoryBytes &&
    memoryKib >= 8 * Number(lanes) &&
    // A pass over little memory costs more than the memory alone.
    Math.max(memoryKib, 1024) * Number(passes) <= mostArgon2Work &&
    Number(lanes) <= mostArgon2Lanes
  const saltBytes = fromBase64(salt, '')?.length ?? 0
  const keyBytes = fromBase64(key, '')?.length ?? 0
  // What the algorithm and the PHC string allow.
  const isWhole = saltBytes >= 8 && saltBytes <= 48 && keyBytes >= 16 && keyBytes <= 64
  return isBounded && isWhole ? { kind: 'argon2', phc } : undefined
}

function parseBcrypt(text: string): StoredHash | undefined {
  const [, record, cost = ''] = bcrypt.exec(text) ?? []
  if (record === undefined) return undefined
  return Number(cost) >= leastBcryptCost && Number(cost) <= mostBcryptCost
    ? { kind: 'bcrypt', text: record }
    : undefined
}

function parseDjangoPbkdf2(text: string): StoredHash | undefined {
  const [, iterations, salt, key = ''] = djangoPbkdf2.exec(text) ?? []
  return pbkdf2('sha256', iterations, salt, fromBase64(key, '='))
}

function parseWerkzeugPbkdf2(text: string): StoredHash | undefined {
  const [, digest, iterations, salt, key = ''] = werkzeugPbkdf2.exec(text) ?? []
  return isDigest(digest) ? pbkdf2(digest, iterations, salt, Buffer.from(key, 'hex')) : undefined
}

function pbkdf2(
  digest: Digest,
  iterations: string | undefined,
  salt: string | undefined,
  key: Buffer | undefined,
): StoredHash | undefined {
  if (salt === undefined || key?.length !== keyBytes[digest] || Number(iterations) > mostIterations) return undefined
  return { kind: 'pbkdf2', digest, iterations: Number(iterations), salt, key }
}

function parseDjangoScrypt(text: string): StoredHash | undefined {
  const [, n, salt, r, p, key = ''] = djangoScrypt.exec(text) ?? []
  return scrypt({ n: Number(n), r: Number(r), p: Number(p) }, salt, fromBase64(key, '='))
}

function parseWerkzeugScrypt(text: string): StoredHash | undefined {
  const [, n, r, p, salt, key = ''] = werkzeugScrypt.exec(text) ?? []
  return scrypt({ n: Number(n), r: Number(r), p: Number(p) }, salt, Buffer.from(key, 'hex'))
}

function scrypt(
  cost: { readonly n: number; readonly r: number; readonly p: number },
  salt: string | undefined,
  key: Buffer | undefined,
): StoredHash | undefined {
  if (salt === undefined || key?.length !== scryptKeyBytes) return undefined
  const { n, r, p } = cost
  // RFC 7914 §2: N is a power of two, more than 1 and less than 2^(16 r).
  const isPossible = n > 1 && Number.isInteger(Math.log2(n)) && Math.log2(n) < 16 * r
  const isBounded = 128 * r * (n + p) <= mostScryptMemoryBytes && n * r * p <= mostScryptWork && p <= mostScryptLanes
  return isPossible && isBounded ? { kind: 'scrypt', ...cost, salt, key } : undefined
}

function isDigest(name: string | undefined): name is Digest {
  return name !== undefined && name in keyBytes
}

/** Only as it is written by those who write it: Node itself would also read what is cut short or has stray bits. */
function fromBase64(text: string, padding: '' | '='): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  const written = bytes.toString('base64')
  return (padding === '' ? written.replace(/=+$/, '') : written) === text ? bytes : undefined
}

/** The algorithms that new hashes can be made with. */
export type NewHashAlgorithm = 'argon2id' | 'pbkdf2_sha256'

/** How new hashes are made. */
export interface NewHashes {
  readonly algorithm: NewHashAlgorithm
  /** Of `pbkdf2_sha256`; the other does not look at it. */
  readonly pbkdf2Iterations: number
}

/** Argon2id as OWASP recommends it: 19 MiB, two passes, one lane. */
export const argon2Cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** How hashes begin that are made like this: their algorithm and cost. */
export function prefixOf({ algorithm, pbkdf2Iterations }: NewHashes): string {
  const { memoryCost, timeCost, parallelism } = argon2Cost
  return algorithm === 'argon2id'
    ? `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`
    : `pbkdf2_sha256$${pbkdf2Iterations}$`
}

// Of passwords that were never kept.
const saltsAndKeys: Readonly<Record<NewHashAlgorithm, string>> = {
  argon2id: 'c2FsbHlwb3J0LW5vYm9keQ$zwYxUe/HY99+hlVwfdg9x8NpFy2R3RQtBg5FNvcBzLA',
  pbkdf2_sha256: '73616c6c79706f72742d6e6f626f6479$yyhcpoHLmYb/GuZYgG9K+JCTxiANmW9ow+HYzlSIl98=',
}

/** A hash that nobody has, of the cost of new ones, so that unknown users cost the same work as known ones. */
export function hashOfNobody(newHashes: NewHashes): string {
  return prefixOf(newHashes) + saltsAndKeys[newHashes.algorithm]
}

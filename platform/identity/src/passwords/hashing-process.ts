import { constants, setPriority } from 'node:os'
import { hash, type Options, verify } from '@node-rs/argon2'

/*
 * The process that hashes passwords: see password-hashing.ts, which starts it.
 */

export type HashingOrder =
  | { readonly task: 'hash'; readonly password: string }
  | { readonly task: 'verify'; readonly password: string; readonly hash: string }

export type HashingRequest = HashingOrder & { readonly id: number }

export interface HashingAnswer {
  readonly id: number
  readonly hash?: string
  readonly fits?: boolean
}

/** Argon2id as OWASP recommends it: 19 MiB, two passes, one lane. The library's default algorithm is argon2id. */
const cost: Options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

const argon2idHash = /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/

async function answer(request: HashingRequest): Promise<HashingAnswer> {
  const { id, password } = request
  if (request.task === 'hash') return { id, hash: await hash(password, cost) }
  // A stored hash that is none fits no password; one that could not be computed is an error, not a wrong password.
  return { id, fits: argon2idHash.test(request.hash) && (await verify(request.hash, password)) }
}

setPriority(constants.priority.PRIORITY_LOW)
// Ctrl-C reaches the whole group; this process ends when the one that started it lets go of it.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('disconnect', () => process.exit())
process.on('message', (request: HashingRequest) => {
  void answer(request)
    .catch(() => ({ id: request.id }))
    .then((reply) => process.send?.(reply))
})

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

async function answer(request: HashingRequest): Promise<HashingAnswer> {
  const { id, password } = request
  if (request.task === 'hash') return { id, hash: await hash(password, cost) }
  // A stored hash that cannot be read fits no password.
  return { id, fits: await verify(request.hash, password).catch(() => false) }
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

import { constants, setPriority } from 'node:os'
import { fits, makeHash } from './hash-work.ts'
import type { NewHashes } from './new-hashes.ts'

/*
 * The process that hashes passwords: see password-hashing.ts, which starts it.
 */

export type HashingOrder =
  | { readonly task: 'hash'; readonly password: string; readonly newHashes: NewHashes }
  | { readonly task: 'verify'; readonly password: string; readonly hash: string }

export type HashingRequest = HashingOrder & { readonly id: number }

export interface HashingAnswer {
  readonly id: number
  readonly hash?: string
  readonly fits?: boolean
}

async function answer(request: HashingRequest): Promise<HashingAnswer> {
  const { id, password } = request
  return request.task === 'hash'
    ? { id, hash: await makeHash(request.newHashes, password) }
    : { id, fits: await fits(password, request.hash) }
}

setPriority(constants.priority.PRIORITY_LOW)
// Ctrl-C reaches the whole group; this process ends when the one that started it lets go of it.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
process.on('disconnect', () => process.exit())
process.on('message', (request: HashingRequest) => {
  void answer(request)
    // One that could not be computed is an error, not a wrong password.
    .catch(() => ({ id: request.id }))
    .then((reply) => process.send?.(reply))
})

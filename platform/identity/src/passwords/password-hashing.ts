import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { Rejection } from '@sallyport/kernel'
import type { Logger } from 'pino'
import type { HashingAnswer, HashingOrder, HashingRequest } from './hashing-process.ts'

/** Too many passwords wait to be hashed. Nothing was done; the caller may try again. */
export class HashingBusy extends Rejection {
  override name = 'HashingBusy'
  readonly code = 'busy'
  readonly reason = 'busy'
  constructor() {
    super('Too many sign-ins at once, try again in a moment')
  }
}

/** Hashes and verifies passwords in a process of its own. */
export interface PasswordHashing {
  /** The argon2id hash of a password (PHC string). @throws {HashingBusy} */
  readonly hash: (password: string) => Promise<string>
  /** Whether a password fits a hash; without a hash the same work is done and the answer is no. @throws {HashingBusy} */
  readonly verify: (password: string, hash: string | undefined) => Promise<boolean>
  readonly stop: () => Promise<void>
}

export interface PasswordHashingOptions {
  readonly log: Logger
  /** How many hashes are computed at once. */
  readonly concurrency?: number
  /** How many may wait; one more is refused. */
  readonly queueLimit?: number
}

/** More orders than threads are with the process, so that no thread waits for the next one to be sent. */
const ordersPerThread = 3

interface Waiting {
  readonly order: HashingOrder
  resolve(answer: HashingAnswer): void
  reject(error: Error): void
}

/**
 * The process runs at the lowest priority: while hundreds of people sign in, everything else stays fast. It is started
 * again when it dies, and what it had begun is refused as busy.
 */
export function createPasswordHashing({
  log,
  concurrency = availableParallelism(),
  queueLimit = 512,
}: PasswordHashingOptions): PasswordHashing {
  const queue: Waiting[] = []
  const running = new Map<number, Waiting>()
  let nextId = 1
  let stopped = false
  let child = start()

  function start(): ChildProcess {
    const started = fork(new URL('hashing-process.ts', import.meta.url), {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(concurrency) },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    started.on('message', (answer: HashingAnswer) => {
      running.get(answer.id)?.resolve(answer)
      running.delete(answer.id)
      dispatch()
    })
    started.on('error', (error) => log.error({ err: error }, 'the hashing process failed'))
    started.on('exit', (code, signal) => {
      if (stopped) return
      log.error({ code, signal }, 'the hashing process ended and is started again')
      for (const waiting of running.values()) waiting.reject(new HashingBusy())
      running.clear()
      child = start()
      dispatch()
    })
    return started
  }

  function dispatch(): void {
    while (running.size < concurrency * ordersPerThread) {
      const next = queue.shift()
      if (!next) return
      const id = nextId++
      running.set(id, next)
      const request: HashingRequest = { id, ...next.order }
      child.send(request, (error) => {
        if (error && running.delete(id)) next.reject(new HashingBusy())
      })
    }
  }

  function ask(order: HashingOrder): Promise<HashingAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HashingAnswer>()
    if (stopped || queue.length >= queueLimit) reject(new HashingBusy())
    else queue.push({ order, resolve, reject })
    dispatch()
    return promise
  }

  return {
    async hash(password) {
      const answer = await ask({ task: 'hash', password })
      if (answer.hash === undefined) throw new Error('the password could not be hashed')
      return answer.hash
    },
    async verify(password, hash) {
      const answer = await ask({ task: 'verify', password, hash: hash ?? hashOfNobody })
      return answer.fits === true && hash !== undefined
    },
    async stop() {
      stopped = true
      for (const waiting of [...queue.splice(0), ...running.values()]) waiting.reject(new HashingBusy())
      running.clear()
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** The hash of a password that was never kept, so that unknown users cost the same work as known ones. */
const hashOfNobody = '$argon2id$v=19$m=19456,t=2,p=1$c2FsbHlwb3J0LW5vYm9keQ$zwYxUe/HY99+hlVwfdg9x8NpFy2R3RQtBg5FNvcBzLA'

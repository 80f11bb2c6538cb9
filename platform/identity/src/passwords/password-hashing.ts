import { type ChildProcess, fork } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { Rejection } from '@sallyport/kernel'
import type { Metrics } from '@sallyport/service'
import type { Logger } from 'pino'
import { createHashingMetrics } from './hashing-metrics.ts'
import type { HashingAnswer, HashingOrder, HashingRequest } from './hashing-process.ts'
import { hashOfNobody, type NewHashes, prefixOf } from './new-hashes.ts'
import { parseStoredHash } from './stored-hash.ts'

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
  /** A new hash of a password. @throws {HashingBusy} */
  readonly hash: (password: string) => Promise<string>
  /**
   * Whether a password fits a hash of any form that `parseStoredHash` knows. Without such a hash the work of a new one is
   * done and the answer is no.
   *
   * @throws {HashingBusy}
   */
  readonly verify: (password: string, hash: string | undefined) => Promise<boolean>
  /**
   * Whether a hash is of another kind or cost than new ones are, and should be replaced when its password is known: a
   * weaker one for safety, a stronger one because of what every sign-in would cost.
   */
  readonly isOutdated: (hash: string) => boolean
  /** The same as `hash`, for what can wait for another time: it leaves half of the queue to others. @throws {HashingBusy} */
  readonly rehash: (password: string) => Promise<string>
  readonly stop: () => Promise<void>
}

export interface PasswordHashingSettings {
  readonly newHashes: NewHashes
  /** How many hashes are computed at once. */
  readonly concurrency?: number
  /** How many may wait; one more is refused. */
  readonly queueLimit?: number
}

export interface PasswordHashingParts extends PasswordHashingSettings {
  readonly log: Logger
  readonly metrics: Metrics
}

/** More orders than threads are with the process, so that no thread waits for the next one to be sent. */
const ordersPerThread = 3

const leastRestartDelayMs = 50
const mostRestartDelayMs = 5000

/** Longer ones are wrong without a look: no account has one, and a queue full of them would be gigabytes. */
const mostPasswordBytes = 4096

interface Waiting {
  readonly order: HashingOrder
  /** Milliseconds of `performance.now()`. */
  readonly since: number
  resolve(answer: HashingAnswer): void
  reject(error: Error): void
}

/**
 * The process runs at the lowest priority: while hundreds of people sign in, everything else stays fast. It is started
 * again when it dies, and what it had begun is refused as busy.
 */
export function createPasswordHashing({
  log,
  metrics,
  newHashes,
  concurrency = availableParallelism(),
  queueLimit = 512,
}: PasswordHashingParts): PasswordHashing {
  const queue: Waiting[] = []
  const running = new Map<number, Waiting>()
  const counts = createHashingMetrics(metrics, { waiting: () => queue.length, running: () => running.size })
  const nobody = hashOfNobody(newHashes)
  const prefix = prefixOf(newHashes)
  let nextId = 1
  let stopped = false
  let restartDelayMs = leastRestartDelayMs
  let child: ChildProcess | undefined
  start()

  function start(): void {
    if (stopped) return
    let started: ChildProcess
    try {
      started = fork(new URL('hashing-process.ts', import.meta.url), {
        env: { ...process.env, UV_THREADPOOL_SIZE: String(concurrency) },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      })
    } catch (error) {
      restart(error)
      return
    }
    started.on('message', (answer: HashingAnswer) => {
      restartDelayMs = leastRestartDelayMs
      const answered = running.get(answer.id)
      running.delete(answer.id)
      dispatch()
      if (!answered) return
      counts.finished(answered.order.task)
      answered.resolve(answer)
    })
    // A process that could not be started has an error and no exit; one that was has an exit.
    started.on('error', (error) => {
      if (started === child) restart(error)
    })
    started.on('exit', (code, signal) => {
      if (started === child) restart(new Error(`it ended with ${signal ?? code}`))
    })
    child = started
    dispatch()
  }

  function restart(cause: unknown): void {
    child = undefined
    if (stopped) return
    log.error({ err: cause }, 'the hashing process is gone and is started again')
    counts.restarted()
    for (const waiting of running.values()) waiting.reject(new HashingBusy())
    running.clear()
    setTimeout(start, restartDelayMs).unref()
    restartDelayMs = Math.min(restartDelayMs * 2, mostRestartDelayMs)
  }

  function dispatch(): void {
    const current = child
    if (current?.connected !== true) return
    while (running.size < concurrency * ordersPerThread) {
      const next = queue.shift()
      if (!next) return
      const id = nextId++
      running.set(id, next)
      counts.waited((performance.now() - next.since) / 1000)
      const request: HashingRequest = { id, ...next.order }
      current.send(request, (error) => {
        if (error && running.delete(id)) next.reject(new HashingBusy())
      })
    }
  }

  function ask(order: HashingOrder, mostWaiting = queueLimit): Promise<HashingAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HashingAnswer>()
    if (stopped || queue.length >= mostWaiting) {
      counts.refused()
      reject(new HashingBusy())
    } else {
      queue.push({ order, since: performance.now(), resolve, reject })
      dispatch()
    }
    return promise
  }

  async function hash(password: string, mostWaiting?: number): Promise<string> {
    const answer = await ask({ task: 'hash', password, newHashes }, mostWaiting)
    if (answer.hash === undefined) throw new Error('the password could not be hashed')
    return answer.hash
  }

  return {
    hash: (password) => hash(password),
    rehash: (password) => hash(password, queueLimit / 2),
    async verify(password, hash) {
      const known = hash !== undefined && parseStoredHash(hash) !== undefined
      const tooLong = Buffer.byteLength(password) > mostPasswordBytes
      const answer = await ask({ task: 'verify', password: tooLong ? '' : password, hash: known ? hash : nobody })
      if (answer.fits === undefined) throw new Error('the password could not be verified')
      return answer.fits && known && !tooLong
    },
    isOutdated: (hash) => !hash.startsWith(prefix),
    async stop() {
      stopped = true
      for (const waiting of [...queue.splice(0), ...running.values()]) waiting.reject(new HashingBusy())
      running.clear()
      const last = child
      if (!last || last.exitCode !== null || last.signalCode !== null) return
      const ended = new Promise((resolve) => last.once('exit', resolve))
      last.kill('SIGKILL')
      await ended
    },
  }
}

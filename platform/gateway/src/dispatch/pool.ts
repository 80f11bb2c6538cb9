import { type Failure, Rotation } from '@sallyport/service'
import type { Logger } from 'pino'
import type { BalancingMetrics } from './balancing-metrics.ts'
import type { Call } from './call.ts'
import { Deadlines } from './deadlines.ts'
import type { Turn } from './dispatcher.ts'
import { Instance, type InstanceLimits } from './instance.ts'
import { WaitingLine } from './waiting-line.ts'

export interface PoolLimits extends InstanceLimits {
  /** How long an instance may take to begin its answer, in milliseconds. */
  readonly tryMs: number
  /** How long a call may take until its answer begins, however often it is tried, in milliseconds. */
  readonly totalMs: number
  /** How many calls may wait until a connection is free. */
  readonly waiting: number
}

export interface PoolParts {
  readonly service: string
  readonly urls: readonly string[]
  readonly limits: PoolLimits
  readonly metrics: BalancingMetrics
  readonly log: Logger
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
}

/** Why there is no instance for a call. */
export type Shortage = 'all-out' | 'line-full' | 'waited-too-long' | 'too-many-streams'

/** The instances of a service, called in turn, and the calls that wait for one. */
export class InstancePool {
  readonly limits: PoolLimits
  readonly now: () => number
  /** By when the calls that are with an instance have to hear of it. */
  readonly deadlines: Deadlines
  readonly #service: string
  readonly #rotation: Rotation<Instance>
  readonly #line: WaitingLine<Call>
  readonly #metrics: BalancingMetrics
  readonly #log: Logger

  constructor({ service, urls, limits, metrics, log, now }: PoolParts) {
    this.limits = limits
    this.now = now
    this.deadlines = new Deadlines(Math.min(100, limits.tryMs / 10))
    this.#service = service
    this.#rotation = new Rotation(urls.map((url, index) => new Instance(`${service}.${index + 1}`, url, limits, now)))
    this.#line = new WaitingLine(limits.waiting, now)
    this.#metrics = metrics
    this.#log = log
    metrics.watch({ service, instances: this.#rotation.instances, waiting: () => this.#line.length })
  }

  get size(): number {
    return this.#rotation.instances.length
  }

  /** Whether each instance is called, by its name. */
  instances(): Readonly<Record<string, 'called' | 'passed over'>> {
    return Object.fromEntries(
      this.#rotation.instances.map(({ name, health }) => [name, health.isUp ? 'called' : 'passed over']),
    )
  }

  /** The instance whose turn it is, for a connection that is passed through. */
  turn(): Turn | undefined {
    const instance = this.#rotation.next()
    if (!instance) return undefined
    const trial = instance.health.take()
    return {
      instance: instance.name,
      url: instance.url,
      answered: () => this.answered(instance, trial),
      failed: (failure) => this.failed(instance, failure, trial),
      abandoned: () => instance.health.abandoned(trial),
    }
  }

  /** Takes in a call: it is sent, waits, or is refused. */
  enter(call: Call): void {
    // Nobody overtakes those who wait.
    const instance = this.#line.length === 0 ? this.#rotation.next(hasRoom) : undefined
    if (instance) this.#send(call, instance)
    else this.#wait(call)
  }

  /** A call leaves this instance and is tried once more, if possible elsewhere. */
  moveOn(call: Call, failed: Instance, reason: string): void {
    this.#metrics.retried(this.#service, reason)
    failed.calls -= 1
    const instance = this.#rotation.next(hasRoom, failed)
    if (instance) this.#send(call, instance)
    else this.#wait(call)
    this.#admitWaiting()
  }

  /** A call is no longer with this instance, so there is room for another. */
  leave(instance: Instance): void {
    instance.calls -= 1
    this.#admitWaiting()
  }

  leaveLine(call: Call): void {
    this.#line.leave(call)
  }

  answered(instance: Instance, trial: boolean): void {
    if (instance.health.answered(trial)) this.#log.info({ instance: instance.name }, 'an instance is back')
  }

  failed(instance: Instance, failure: Failure, trial: boolean): void {
    if (!instance.health.failed(failure, trial)) return
    this.#metrics.ejected(this.#service, instance.name, failure)
    this.#log.warn({ instance: instance.name, failure }, 'an instance is passed over')
  }

  /** An instance answers what cannot be passed on; it may be one answer alone, so others are asked for. */
  garbled(instance: Instance, error: Error): void {
    this.#log.warn({ err: error, instance: instance.name }, 'an answer could not be passed on')
  }

  shortOf(shortage: Shortage): void {
    this.#metrics.refused(this.#service, shortage)
  }

  async close(): Promise<void> {
    await Promise.all(this.#rotation.instances.map(({ connections }) => connections.close()))
  }

  #send(call: Call, instance: Instance): void {
    instance.calls += 1
    call.send(instance, instance.health.take(call.isSlow))
  }

  #wait(call: Call): void {
    if (!this.#rotation.anyUp) call.refuse('all-out')
    else if (!this.#line.join(call)) call.refuse('line-full')
    // An instance that was out may be worth a trial by now.
    else this.#admitWaiting()
  }

  #admitWaiting(): void {
    while (this.#line.length > 0) {
      const instance = this.#rotation.next(hasRoom)
      // Those who are up are busy; when none is, nobody will make room.
      if (!instance && this.#rotation.anyUp) return
      const call = this.#line.shift()
      if (!call) return
      if (instance) this.#send(call, instance)
      else call.refuse('all-out')
    }
  }
}

function hasRoom(instance: Instance): boolean {
  return instance.hasRoom
}

import type { InstanceHealth } from './instance-health.ts'

/** Takes turns among the instances of a service, strictly: one counter, whatever is asked of them (enrollment E-40). */
export class Rotation<T extends { readonly health: InstanceHealth }> {
  readonly instances: readonly T[]
  #last = -1

  constructor(instances: readonly T[]) {
    this.instances = instances
  }

  /** Whether any instance is known to work. */
  get anyUp(): boolean {
    return this.instances.some(({ health }) => health.isUp)
  }

  /**
   * The instance whose turn it is, which is to be taken.
   *
   * @param hasRoom whether an instance can take a call now
   * @param except one that is passed over, unless there is no other
   */
  next(hasRoom: (instance: T) => boolean = always, except?: T): T | undefined {
    const { instances } = this
    for (let step = 1; step <= instances.length; step += 1) {
      const found = this.#at(step)
      if (found !== undefined && found !== except && found.health.admits() && hasRoom(found)) return this.#turn(step)
    }
    // Too busy is not gone: whoever is up will have room again.
    if (this.anyUp) return except?.health.isUp && hasRoom(except) ? except : undefined
    for (let step = 1; step <= instances.length; step += 1) {
      const found = this.#at(step)
      if (found?.health.admitsAsLast() === true && hasRoom(found)) return this.#turn(step)
    }
    return undefined
  }

  #at(step: number): T | undefined {
    return this.instances[(this.#last + step) % this.instances.length]
  }

  #turn(step: number): T | undefined {
    this.#last = (this.#last + step) % this.instances.length
    return this.instances[this.#last]
  }
}

function always(): boolean {
  return true
}

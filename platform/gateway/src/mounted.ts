import type { Mount, MountRule, ServiceContract, Surface } from '@sallyport/contracts'
import { createRuleFinder, type RuleFinder } from './outside/rule-finder.ts'
import { mountPolicy } from './policy/policy.ts'
import type { Match } from './route-table.ts'

type Found = Extract<Match, { kind: 'found' }>

/** What is below a path, whatever it is. */
export class Mounted {
  readonly #path: string
  readonly #below: string
  readonly #hasItself: boolean
  readonly #surface: Surface
  readonly #found: Found
  readonly #rules: RuleFinder<Found> | undefined

  constructor(contract: ServiceContract, surface: Surface, mount: Mount) {
    this.#path = mount.path
    this.#below = `${mount.path}/`
    this.#hasItself = contract.outside !== undefined
    this.#surface = surface
    const found = (rule?: MountRule): Found => ({ kind: 'found', policy: mountPolicy(contract, surface, mount, rule) })
    this.#found = found()
    this.#rules = mount.rules && createRuleFinder(mount.rules, found)
  }

  has(path: string): boolean {
    return path.startsWith(this.#below) || (this.#hasItself && path === this.#path)
  }

  match(method: string, path: string): Match {
    // It has a service say back what it was told, and that is not for everybody (RFC 9110 §9.3.8).
    if (method === 'TRACE') return { kind: 'method-not-allowed', surface: this.#surface, allowed: usualMethods }
    const ruled = this.#rules?.find(method, path)
    if (ruled === 'unclear') return { kind: 'not-found', surface: this.#surface }
    return ruled ?? this.#found
  }
}

const usualMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

import { METHODS } from 'node:http'
import type { MountRule } from '@sallyport/contracts'
import FindMyWay, { type HTTPMethod, type HTTPVersion, type Instance } from 'find-my-way'

/** Finds the rule for an operation below a mount. */
export interface RuleFinder<T> {
  /** `unclear` when another reader could take the path for one that another rule is about. */
  find(method: string, path: string): T | 'unclear' | undefined
}

/**
 * Rules are about paths to the letter. Services often do not mind case or a slash at the end, so a path for which another
 * rule would hold then is nobody's: whoever spells it otherwise must not get further.
 */
export function createRuleFinder<T extends object>(
  rules: readonly MountRule[],
  compile: (rule: MountRule) => T,
): RuleFinder<T> {
  const compiled = rules.map((rule) => ({ ...rule, store: compile(rule) }))
  const known = new Map<unknown, T>(compiled.map(({ store }) => [store, store]))
  const exact = routerOf({ caseSensitive: true, ignoreTrailingSlash: false }, compiled)
  const lenient = routerOf({ caseSensitive: false, ignoreTrailingSlash: true }, compiled)
  return {
    find(method, path) {
      const found = lookUp(exact, method, path)
      return found === lookUp(lenient, method, path) ? known.get(found) : 'unclear'
    },
  }
}

type Router = Instance<HTTPVersion.V1>

function routerOf(
  options: { readonly caseSensitive: boolean; readonly ignoreTrailingSlash: boolean },
  rules: readonly (MountRule & { readonly store: object })[],
): Router {
  const router = FindMyWay({ ...options, maxParamLength: 16_384 })
  const add = (method: string, path: string, store: object): void => {
    if (isMethod(method) && !router.hasRoute(method, path)) router.on(method, path, () => undefined, store)
  }
  for (const { method, path, store } of rules) if (method !== '*') add(method, path, store)
  for (const { method, path, store } of rules) if (method === 'GET') add('HEAD', path, store)
  for (const { method, path, store } of rules) if (method === '*') for (const one of METHODS) add(one, path, store)
  return router
}

function lookUp(router: Router, method: string, path: string): unknown {
  return isMethod(method) ? router.find(method, path)?.store : undefined
}

const methods: ReadonlySet<string> = new Set(METHODS)

function isMethod(method: string): method is HTTPMethod {
  return methods.has(method)
}

import type { Door, ServiceContract } from './route.ts'

/** Finds the path as it is declared that another spelling stands for. */
export type Spellings = (path: string) => string | undefined

/**
 * The other spellings of the paths of these contracts: aliases of routes, and any case where a surface takes it. Services
 * and doors read them alike, so that nothing has to be rewritten between them. What a service calls its paths itself is for
 * its own port alone: without a door, that is.
 *
 * @throws {TypeError} where a path has parameters, or a spelling would mean two paths
 */
export function spellingsOf(contracts: readonly ServiceContract[], door?: Door): Spellings {
  const exact = new Map<string, string>()
  const folded = new Map<string, string>()
  const add = (spellings: Map<string, string>, spelling: string, path: string): void => {
    if (path.includes(':')) throw new TypeError(`${path} has parameters, and can be spelled in one way alone`)
    if ((spellings.get(spelling) ?? path) !== path) throw new TypeError(`${spelling} would mean two paths`)
    spellings.set(spelling, path)
  }
  for (const { anyCase = false, routes } of contracts.flatMap(({ surfaces }) => surfaces)) {
    for (const { path, aliases = [], door: at } of routes) {
      if (door !== undefined && at !== door) continue
      if (anyCase) for (const spelling of [path, ...aliases]) add(folded, fold(spelling) ?? spelling, path)
      else for (const alias of aliases) add(exact, alias, path)
    }
  }
  const prefixes = door === undefined ? ownPrefixesOf(contracts) : []
  return (path) => {
    const found = exact.get(path) ?? withPublicPrefix(path, prefixes)
    if (found !== undefined || folded.size === 0) return found
    const spelling = fold(path)
    return spelling === undefined ? undefined : folded.get(spelling)
  }
}

interface OwnPrefix {
  readonly own: string
  readonly declared: string
}

function ownPrefixesOf(contracts: readonly ServiceContract[]): OwnPrefix[] {
  return contracts
    .flatMap(({ surfaces }) => surfaces)
    .flatMap(({ ownPrefix: own, prefixes: { public: declared } }) =>
      own === undefined || declared === undefined ? [] : [{ own, declared }],
    )
}

function withPublicPrefix(path: string, prefixes: readonly OwnPrefix[]): string | undefined {
  const prefix = prefixes.find(({ own }) => path === own || path.startsWith(`${own}/`))
  return prefix && prefix.declared + path.slice(prefix.own.length)
}

/** A path as it reads without case; undefined when it reads as nothing, or its encoding hides where it ends. */
function fold(path: string): string | undefined {
  if (/%(?:2f|3f|23|00)/i.test(path)) return undefined
  try {
    return decodeURIComponent(path).toLowerCase()
  } catch {
    return undefined
  }
}

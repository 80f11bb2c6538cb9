import type { OwnAccess, OwnServiceConfig } from './config.ts'
import type { OwnService } from './own-services.ts'

/** What is behind the doors of a user's own, in a few lines for each: where, what, and for whom. */
export function overviewOf(services: readonly OwnService[]): string {
  const widest = Math.max(0, ...services.map(({ name }) => name.length))
  return services
    .flatMap((service) => {
      const [first, ...more] = linesFor(service)
      return [`  ${service.name.padEnd(widest)}  ${first}`, ...more.map((line) => `${' '.repeat(widest + 4)}${line}`)]
    })
    .join('\n')
}

function linesFor({ name, config, urls }: OwnService): string[] {
  const { prefix, door = 'public', access, routes = [] } = config
  return [
    `${prefix} at the ${door} door → ${urls.join(', ')}`,
    `for ${wordsFor(access)}`,
    ...routes.map((route) => `${route.method} ${route.path} for ${wordsFor(route.access)}`),
    toldTo(name, config),
  ]
}

function wordsFor(access: OwnAccess = 'signed-in'): string {
  if (access === 'anyone') return 'anyone'
  if (access === 'signed-in') return 'whoever is signed in'
  const { roles, scope } = access
  const parts = [roles && `the role ${roles.join(' or ')}`, scope && `the scope ${scope}`]
  return parts.filter((words) => words !== undefined).join(' and ')
}

function toldTo(name: string, { identity = 'token', audience = name, headers = {} }: OwnServiceConfig): string {
  if (identity === 'token') return `told who calls by a token for ${audience}`
  return identity === 'headers' ? `told who calls by ${Object.keys(headers).join(', ')}` : 'not told who calls'
}

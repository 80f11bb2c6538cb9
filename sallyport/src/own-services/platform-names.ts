import { scopesOf, services, wholeScope } from '@sallyport/contracts'
import { partNames } from '../settings/parts.ts'

/*
 * What the platform has taken for itself, so that nothing of a user's own can be mistaken for it.
 */

const own = services.flatMap(({ surfaces }) => surfaces.flatMap(({ prefixes }) => Object.values(prefixes)))
/** The first segments of paths, those that have nothing behind them yet included. */
export const platformPaths: readonly string[] = [
  ...new Set([
    ...own.map((path) => `/${path.split('/')[1]}`),
    '/admin',
    '/api',
    '/authy',
    '/oidc',
    '/v1',
    '/health',
    '/metrics',
    '/.well-known',
    '/internal',
    '/docs',
    '/console',
    '/gateway',
  ]),
].toSorted()

/** The names of its services, which other services know them by. */
export const platformServices: ReadonlySet<string> = new Set([
  ...partNames,
  ...services.map(({ name }) => name),
  'sallyport',
  'enrollment',
  'pictures',
  'cloud-provider',
  'cloud-manager',
])

/** Scopes that mean something elsewhere already. */
export const platformScopes: ReadonlySet<string> = new Set([
  ...scopesOf(services),
  wholeScope,
  'internal',
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline_access',
])

import { problemDetails } from '../dialects/problem-details.ts'
import type { Mount, Surface } from '../route.ts'

/** OpenID Connect: what is below it is described by its own discovery document. */
export const openId: Mount = {
  name: 'openId',
  summary: 'The OpenID provider; see /oidc/.well-known/openid-configuration',
  path: '/oidc',
  door: 'public',
  bodyLimitBytes: 64 * 1024,
}

/** The issuer of the OpenID provider, by the address that people know the installation by. */
export function openIdIssuerOf(publicUrl: string): string {
  return `${publicUrl}${openId.path}`
}

export const openIdSurface: Surface = {
  name: 'identity.openid',
  dialect: problemDetails,
  decidedBy: 'service',
  prefixes: { public: openId.path },
  forbidden: {},
  routes: [],
  mounts: [openId],
}

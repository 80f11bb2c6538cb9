import { parseRates, platformIssuer } from '@sallyport/contracts'
import { platformAudience } from '@sallyport/service'
import type { Static } from 'typebox'
import { claimFault, headerFault } from './identity-headers.ts'
import { fieldOf, type Mistake, nearest } from './mistakes.ts'
import { platformPaths, platformScopes, platformServices } from './platform-names.ts'
import type { Access, SoundParts } from './schema.ts'
import { keysAddressFault, targetFault } from './targets.ts'

type Parts = Static<typeof SoundParts>
type Service = NonNullable<Parts['services']>[string]
type Issuer = NonNullable<Parts['issuers']>[string]
/** Notes a mistake at a field below the one that is looked at. */
type Note = (path: readonly (string | number)[], reason: string | undefined) => void

const serviceName = /^[a-z][a-z\d-]{0,39}$/
const scopeForm = /^[a-z][\w.-]*(?::[\w.-]+)*$/i

/** What the form of a configuration does not show: fields that contradict one another, or what others have already. */
export function mistakesOf({ services = {}, issuers = {} }: Parts): Mistake[] {
  const mistakes: Mistake[] = []
  const noteAt =
    (...at: readonly string[]): Note =>
    (path, reason) => {
      if (reason !== undefined) mistakes.push({ field: fieldOf([...at, ...path]), reason })
    }
  for (const [name, issuer] of Object.entries(issuers)) checkIssuer(name, issuer, noteAt('issuers', name))
  const known = [platformIssuer, ...Object.keys(issuers)]
  const before: [string, Service][] = []
  for (const [name, service] of Object.entries(services)) {
    const note = noteAt('services', name)
    checkName(name, note)
    checkPrefix(service, before, note)
    checkTargets(service, note)
    checkAccess(['access'], service.access, note)
    checkRoutes(service, note)
    checkLimits(service, note)
    checkIssuers(service, known, note)
    checkIdentity(name, service, before, note)
    before.push([name, service])
  }
  return mistakes
}

function checkName(name: string, note: Note): void {
  if (!serviceName.test(name)) note([], 'must have a name of lower-case letters, digits and dashes, 40 at most')
  else if (platformServices.has(name)) note([], 'is the name of a service of the platform')
}

function checkPrefix({ prefix, door = 'public' }: Service, before: readonly [string, Service][], note: Note): void {
  if (prefix === undefined) return
  const segments = prefix.toLowerCase().split('/').slice(1)
  if (segments.some((segment) => /^\.{1,2}$/.test(segment))) note(['prefix'], 'must have no . or .. in it')
  if (platformPaths.includes(`/${segments[0]}`)) {
    note(['prefix'], `/${segments[0]} is the platform's own, as are ${platformPaths.join(', ')}`)
  }
  for (const [other, { prefix: taken, door: at = 'public' }] of before) {
    if (taken === undefined || door !== at) continue
    const [mine, theirs] = [`${prefix.toLowerCase()}/`, `${taken.toLowerCase()}/`]
    if (mine === theirs) note(['prefix'], `is that of services.${other} too`)
    else if (mine.startsWith(theirs)) note(['prefix'], `is below ${taken} of services.${other}`)
    else if (theirs.startsWith(mine)) note(['prefix'], `is above ${taken} of services.${other}`)
  }
}

function checkTargets({ targets = [] }: Service, note: Note): void {
  const seen = new Map<string, number>()
  for (const [index, target] of targets.entries()) {
    const fault = targetFault(target)
    note(['targets', index], fault)
    if (fault !== undefined) continue
    const { origin } = new URL(target)
    const twin = seen.get(origin)
    if (twin !== undefined) note(['targets', index], `is the same as targets[${twin}]`)
    else seen.set(origin, index)
  }
}

function checkAccess(path: readonly (string | number)[], access: Static<typeof Access> | undefined, note: Note): void {
  if (typeof access !== 'object' || access.scope === undefined) return
  const { scope } = access
  const field = [...path, 'scope']
  if (scope.length > 100 || !scopeForm.test(scope)) {
    note(field, 'must be a name such as shop:read, of letters, digits and - . _ with colons between them')
  } else if (platformScopes.has(scope)) {
    note(field, `${scope} is a scope of the platform: a key for that would be good for this as well`)
  }
}

function checkRoutes({ prefix, routes = [] }: Service, note: Note): void {
  const seen = new Map<string, number>()
  for (const [index, { method, path, access }] of routes.entries()) {
    checkAccess(['routes', index, 'access'], access, note)
    if (path === undefined) continue
    if (/\/\.{1,2}(?:\/|$)/.test(path)) note(['routes', index, 'path'], 'must have no . or .. in it')
    if (prefix !== undefined && !`${path}/`.startsWith(`${prefix}/`)) {
      note(['routes', index, 'path'], `is not below ${prefix}, so nobody gets there`)
    }
    if (method === undefined) continue
    const operation = `${method} ${path.replaceAll(/:\w+/g, ':').toLowerCase()}`
    const twin = seen.get(operation)
    if (twin !== undefined) note(['routes', index], `${method} ${path} is there already, as routes[${twin}]`)
    else seen.set(operation, index)
  }
}

function checkLimits({ limits = {}, access, routes = [] }: Service, note: Note): void {
  for (const name of ['perAddress', 'perAccount', 'perKey'] as const) {
    const rates = limits[name]
    if (rates !== undefined && !(parseRates(rates) ?? []).length) {
      note(['limits', name], 'must be like 100/minute or 80/hour,80/day')
    }
  }
  const takesKeys = [access, ...routes.map((route) => route.access)].some(
    (one) => typeof one === 'object' && one.scope !== undefined,
  )
  if (limits.perKey !== undefined && !takesKeys) {
    note(['limits', 'perKey'], 'concerns nobody: API keys get in only where access names a scope')
  }
}

function checkIssuers({ issuers = [] }: Service, known: readonly string[], note: Note): void {
  for (const [index, name] of issuers.entries()) {
    if (!known.includes(name)) note(['issuers', index], `there is no issuer ${name}; ${nearest(name, known)}`)
    else if (issuers.indexOf(name) !== index) note(['issuers', index], 'is there twice')
  }
}

function checkIdentity(name: string, service: Service, before: readonly [string, Service][], note: Note): void {
  const { identity = 'token', headers, audience, issuers = [platformIssuer] } = service
  if (identity !== 'headers' && headers !== undefined) note(['headers'], `is for identity 'headers', not '${identity}'`)
  if (identity === 'headers' && Object.keys(headers ?? {}).length === 0) {
    note(['headers'], "must name a header, because identity is 'headers': { 'X-User': 'username' }")
  }
  if (identity !== 'token' && audience !== undefined) note(['audience'], `is for identity 'token', not '${identity}'`)
  const seen = new Set<string>()
  for (const [header, claim] of Object.entries(headers ?? {})) {
    note(['headers', header], headerFault(header))
    if (seen.has(header.toLowerCase())) note(['headers', header], 'is there twice')
    seen.add(header.toLowerCase())
    if (!issuers.some((issuer) => issuer !== platformIssuer)) note(['headers', header], claimFault(claim))
  }
  if (identity === 'token') checkAudience(audience ?? name, before, note)
}

/** A token that is good at two services is not one that was made for one of them alone. */
function checkAudience(audience: string, before: readonly [string, Service][], note: Note): void {
  if (audience === platformAudience || platformServices.has(audience)) {
    note(['audience'], `${audience} is the platform's own: its services would take such a token`)
  }
  for (const [other, { identity = 'token', audience: taken = other }] of before) {
    if (identity === 'token' && taken === audience) {
      note(['audience'], `${audience} is that of services.${other} too: a token for one would be good at the other`)
    }
  }
}

function checkIssuer(name: string, { jwksUrl, audience, algorithms = [] }: Issuer, note: Note): void {
  if (name === platformIssuer) note([], 'is Sallyport itself, which needs no entry')
  else if (!serviceName.test(name)) note([], 'must have a name of lower-case letters, digits and dashes, 40 at most')
  if (jwksUrl !== undefined) note(['jwksUrl'], keysAddressFault(jwksUrl))
  if (audience === platformAudience) note(['audience'], `${audience} is what tokens of Sallyport are for`)
  for (const [index, algorithm] of algorithms.entries()) {
    if (algorithms.indexOf(algorithm) !== index) note(['algorithms', index], 'is there twice')
  }
}

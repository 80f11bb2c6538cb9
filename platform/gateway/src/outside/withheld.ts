import type { IncomingMessage } from 'node:http'
import type { OutsideTerms } from '@sallyport/contracts'
import { isOfTheGateway } from '../policy/header-hygiene.ts'

/** What a credential of the platform comes in. */
const credentialHeaders = ['authorization', 'x-access-token', 'x-api-key']

/** Have some services take another method or path than the one that was judged (Symfony, IIS, Rails and others). */
const overridingHeaders = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]

/** The cookies of the platform: those of its OpenID provider, with the signatures beside them. */
const ownCookie = /^(?:__(?:host|secure)-)?openid_/i

/** The headers that reach a service outside the platform from nobody but the gateway, in lower case. */
export function withheldHeaders({ identity }: OutsideTerms): ReadonlySet<string> {
  const told = identity.as === 'headers' ? Object.keys(identity.claims).map((name) => name.toLowerCase()) : []
  return new Set([...credentialHeaders, ...overridingHeaders, ...told])
}

/**
 * Takes from a request what a service outside the platform must not see, and what nobody but the gateway may tell it.
 * Services that make variables of headers (CGI, WSGI and others) read `X_User` as `X-User`, so it is judged as such.
 */
export function withhold(request: IncomingMessage, headers: ReadonlySet<string>): void {
  const raw: string[] = []
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    const value = request.rawHeaders[index + 1] ?? ''
    const key = name.toLowerCase()
    const dashed = key.replaceAll('_', '-')
    const kept = key === 'cookie' ? foreignCookies(value) : value
    if (headers.has(dashed) || (dashed !== key && isOfTheGateway(dashed)) || (key === 'cookie' && kept === '')) {
      delete request.headers[key]
    } else {
      raw.push(name, kept)
      if (key === 'cookie') request.headers.cookie = kept
    }
  }
  request.rawHeaders = raw
}

function foreignCookies(header: string): string {
  const cookies = header.split(';').map((cookie) => cookie.trim())
  return cookies.filter((cookie) => cookie !== '' && !ownCookie.test(cookie)).join('; ')
}

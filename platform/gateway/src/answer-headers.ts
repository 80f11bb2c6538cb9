import type { ServerResponse } from 'node:http'

/*
 * What browsers are told about every answer (cloud C-86 to C-91, in the recommended form). An answer that says something
 * of its own about these matters is left as it is.
 */

/** Data is no page: it loads nothing, and nobody frames it. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'"
/** For pages of upstreams that say nothing themselves. */
const pagePolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

const always = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'SAMEORIGIN'],
  ['referrer-policy', 'strict-origin-when-cross-origin'],
  ['content-security-policy', dataPolicy],
] as const

/** A year and a bit, as the cloud contract has it. */
const transportSecurity = 'max-age=31556926; includeSubDomains'

/** Says it before anything else is said, so that the answer can say otherwise. */
export function setAnswerHeaders(response: ServerResponse, scheme: 'http' | 'https'): void {
  for (const [name, value] of always) response.setHeader(name, value)
  // Over plain HTTP anybody on the way could have said it (RFC 6797 §7.2).
  if (scheme === 'https') response.setHeader('strict-transport-security', transportSecurity)
}

/** For the headers of an upstream's answer, once all of them have been taken over. */
export function suitPage(response: ServerResponse): void {
  const isPage = String(response.getHeader('content-type')).startsWith('text/html')
  if (isPage && response.getHeader('content-security-policy') === dataPolicy) {
    response.setHeader('content-security-policy', pagePolicy)
  }
}

/*
 * What browsers are told about every answer (cloud C-86 to C-91, in the recommended form). An answer that says something
 * of its own about these matters is left as it is.
 */

/** Data is no page: it loads nothing, and nobody frames it. */
const dataPolicy = "default-src 'none'; frame-ancestors 'none'"
/** For pages of upstreams that say nothing themselves. */
const pagePolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'"

const always = Object.entries({
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'content-security-policy': dataPolicy,
}).flat()

/** A year and a bit, as the cloud contract has it. */
const transportSecurity = 'max-age=31556926; includeSubDomains'

/** Names and values in turn. Over plain HTTP anybody on the way could have spoken of the transport (RFC 6797 §7.2). */
export const usualHeaders = {
  http: always,
  https: [...always, 'strict-transport-security', transportSecurity],
}

/** What is said beside the headers of an upstream's answer that is a page. */
export const headersOfPage = ['content-security-policy', pagePolicy] as const

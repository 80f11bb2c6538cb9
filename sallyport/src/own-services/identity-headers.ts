import { nearest } from './mistakes.ts'

/** The claims that every token of Sallyport has. */
export const platformClaims = ['sub', 'username', 'role', 'roles', 'scope', 'sid']

/** Belong to HTTP itself, carry credentials, or are said by the gateway. */
const taken = new Set([
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'expect',
  'forwarded',
  'host',
  'http2-settings',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'traceparent',
  'tracestate',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-access-token',
  'x-api-key',
  'x-real-ip',
  'x-request-id',
])

/** What is wrong with the name of a header that is to carry a claim. */
export function headerFault(name: string): string | undefined {
  // A service may read an underscore as a dash, so a client's header with the other one would be the same to it.
  if (!/^[a-z][a-z\d-]{0,63}$/i.test(name)) return 'must be a name of letters, digits and dashes, such as X-User'
  const key = name.toLowerCase()
  return taken.has(key) || /^(?:x-forwarded|sec|accept|access-control|if)-/.test(key)
    ? 'means something else to HTTP or to the gateway; take a name such as X-User'
    : undefined
}

/** What is wrong with a claim, where only tokens of Sallyport count. */
export function claimFault(claim: string): string | undefined {
  return platformClaims.includes(claim) ? undefined : `there is no claim ${claim}; ${nearest(claim, platformClaims)}`
}

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** What the forms about one subject carry, such as one question, and no other page knows. */
export function csrfTokenOf(secret: string, subject: string): string {
  return createHmac('sha256', secret).update(subject).digest('base64url')
}

export function isCsrfTokenOf(secrets: readonly string[], subject: string, presented: string): boolean {
  return secrets.some((secret) => {
    const expected = Buffer.from(csrfTokenOf(secret, subject))
    const actual = Buffer.from(presented)
    return expected.length === actual.length && timingSafeEqual(expected, actual)
  })
}

/** Whether a browser that says where a form was sent from says that it was from here. */
export function isSameOrigin(headers: IncomingHttpHeaders, origin: string): boolean {
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin') return false
  return headers.origin === undefined || headers.origin === origin
}

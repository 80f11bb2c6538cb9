import type { IncomingHttpHeaders } from 'node:http'
import { leaks } from '../../support/http.ts'
import type { Operation } from './operations.ts'

export interface FuzzAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

/** The forms that refusals have, by dialect. */
const shapes: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => boolean>> = {
  market: ({ detail }) => isText(detail) || (Array.isArray(detail) && detail.length > 0),
  accounts: ({ message }) => isText(message),
  enrollment: ({ error }) => isText(Object(error).code) && isText(Object(error).message),
  pictures: (body) =>
    isText(body['Info']) ||
    (isText(body['Error']) && body['Error'] === body['Error:'] && isText(body['code'])) ||
    isText(body['message']),
  'problem-details': isProblem,
  // The door's own refusals of what is below a mount are problem details.
  openid: (body) => isText(body['error']) || isProblem(body),
}

function isProblem({ title, status }: Readonly<Record<string, unknown>>): boolean {
  return isText(title) && typeof status === 'number'
}

/** Where a request may not have found its way to a surface, which has no words for it then. */
const unrouted: ReadonlySet<number> = new Set([404, 405, 431])

/** What is wrong with an answer, whatever was asked; undefined when nothing is. */
export function faultOf({ dialect }: Operation, { status, headers, text }: FuzzAnswer): string | undefined {
  // A service that cannot do it now says when to come again.
  const isBusy = status === 503 && headers['retry-after'] !== undefined
  if (status >= 500 && !isBusy) return `a failure of its own: ${status}`
  if (status < 400) return undefined
  const leak = leaks.find((pattern) => pattern.test(text.slice(0, 20_000)))
  if (leak) return `shows its inside: ${leak.source}`
  // Pages for browsers refuse in pages.
  if (headers['content-type']?.startsWith('text/html')) return undefined
  if (unrouted.has(status) && (dialect === 'openid' || hasShape('problem-details', text))) return undefined
  return hasShape(dialect, text) ? undefined : `no refusal in the words of ${dialect}`
}

function hasShape(dialect: string, text: string): boolean {
  try {
    return shapes[dialect]?.(Object(JSON.parse(text))) === true
  } catch {
    return false
  }
}

import { randomFillSync } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parseTraceParent } from '@sallyport/service'

/** The trace that a request belongs to, and what its service is told of it. */
export interface Trace {
  readonly traceId: string
  readonly traceparent: string
  readonly tracestate: string | undefined
}

/**
 * Continues the trace that a request came with, or begins one (W3C Trace Context §4.3). The door is a step of its own, so
 * it is the parent of whatever comes after it. What others have written beside a trace goes where that goes.
 */
export function traceOf({ headers }: Pick<IncomingMessage, 'headers'>): Trace {
  const came = parseTraceParent(headers['traceparent'])
  const fresh = newTrace()
  const traceId = came?.traceId ?? fresh.slice(0, 32)
  return {
    traceId,
    traceparent: `00-${traceId}-${fresh.slice(32)}-${came?.sampled === true ? '01' : '00'}`,
    tracestate: came && usableState(headers['tracestate']),
  }
}

/** Everybody has to pass on that much (§3.3.1.5); what is longer is not cut, since nobody would know where. */
const longestState = 512
const mostMembers = 32
const key = /^(?:[a-z][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/
/** What may be printed but comma and equals sign, and no space at the end. */
const value = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/** A `tracestate` in the form of §3.3.1, or nothing: half of one would be another one. */
function usableState(text: string | string[] | undefined): string | undefined {
  if (typeof text !== 'string' || text.length > longestState) return undefined
  const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
  const written = members.filter((member) => member !== '')
  if (written.length === 0 || written.length > mostMembers) return undefined
  const keys = new Set<string>()
  for (const member of written) {
    const end = member.indexOf('=')
    const name = member.slice(0, end)
    if (end < 1 || !key.test(name) || !value.test(member.slice(end + 1)) || keys.has(name)) return undefined
    keys.add(name)
  }
  return written.join(',')
}

/** Chance is had in larger pieces: asking for it costs more than the chance itself. */
const chance = Buffer.alloc(4096)
let used = chance.length
/** A trace of 16 bytes and a step of 8. */
const bytes = 24

/** The ids of a trace and of its first step, behind one another, in hexadecimal digits. */
function newTrace(): string {
  if (used + bytes > chance.length) {
    randomFillSync(chance)
    used = 0
  }
  const ids = chance.toString('hex', used, used + bytes)
  used += bytes
  // Zeros alone would mean none.
  return ids.startsWith(noTrace) || ids.endsWith(noParent) ? newTrace() : ids
}

const noTrace = '0'.repeat(32)
const noParent = '0'.repeat(16)

/*
 * W3C Trace Context: https://www.w3.org/TR/trace-context-1/
 */

/** What a `traceparent` says. */
export interface TraceParent {
  /** Of all that happens because of one thing: 32 hexadecimal digits. */
  readonly traceId: string
  /** Of the step that the request comes from: 16 of them. */
  readonly parentId: string
  /** Whether whoever sent it may have recorded it. */
  readonly sampled: boolean
}

/** Version, trace, parent, flags; later versions may have more behind a dash (§3.2). */
const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const noTrace = '0'.repeat(32)
const noParent = '0'.repeat(16)
/** Longer than any that is worth reading. */
const longest = 256

/** Reads the `traceparent` of a request; undefined when it is none that counts, so that a new trace begins (§4.3). */
export function parseTraceParent(text: unknown): TraceParent | undefined {
  if (typeof text !== 'string' || text.length > longest) return undefined
  const match = form.exec(text)
  if (!match) return undefined
  const [, version, traceId = noTrace, parentId = noParent, flags = '00', more] = match
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (traceId === noTrace || parentId === noParent) return undefined
  return { traceId, parentId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

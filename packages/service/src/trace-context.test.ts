import { describe, expect, it } from 'vitest'
import { parseTraceParent } from './trace-context.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'

describe('a traceparent (W3C Trace Context §3.2)', () => {
  it('names a trace, a parent, and whether it is sampled', () => {
    expect(parseTraceParent(`00-${traceId}-${parentId}-01`)).toEqual({ traceId, parentId, sampled: true })
    expect(parseTraceParent(`00-${traceId}-${parentId}-00`)).toEqual({ traceId, parentId, sampled: false })
  })

  it('may have flags that are not known here, which mean nothing', () => {
    expect(parseTraceParent(`00-${traceId}-${parentId}-fe`)).toMatchObject({ sampled: false })
    expect(parseTraceParent(`00-${traceId}-${parentId}-ff`)).toMatchObject({ sampled: true })
  })

  it('of a later version is read as far as it is known', () => {
    expect(parseTraceParent(`cc-${traceId}-${parentId}-01`)).toEqual({ traceId, parentId, sampled: true })
    expect(parseTraceParent(`01-${traceId}-${parentId}-01-what-will-be`)).toEqual({ traceId, parentId, sampled: true })
  })

  it.each([
    ['is not there', undefined],
    ['is empty', ''],
    ['comes twice', `00-${traceId}-${parentId}-01, 00-${traceId}-${parentId}-01`],
    ['is of version ff', `ff-${traceId}-${parentId}-01`],
    ['has a version of one digit', `0-${traceId}-${parentId}-01`],
    ['has a trace of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['has a parent of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['has a trace that is too short', `00-${traceId.slice(1)}-${parentId}-01`],
    ['has a trace that is too long', `00-${traceId}0-${parentId}-01`],
    ['has a parent that is too short', `00-${traceId}-${parentId.slice(1)}-01`],
    ['has a parent that is too long', `00-${traceId}-${parentId}0-01`],
    ['has flags of one digit', `00-${traceId}-${parentId}-1`],
    ['has flags of three digits', `00-${traceId}-${parentId}-001`],
    ['is in capitals', `00-${traceId.toUpperCase()}-${parentId}-01`],
    ['has what is no digit', `00-${traceId.slice(1)}g-${parentId}-01`],
    ['has more than version 00 has', `00-${traceId}-${parentId}-01-more`],
    ['ends in a dash', `00-${traceId}-${parentId}-01-`],
    ['has a space before it', ` 00-${traceId}-${parentId}-01`],
    ['has something other than a dash behind it', `01-${traceId}-${parentId}-01.more`],
    ['is endless', `01-${traceId}-${parentId}-01-${'x'.repeat(300)}`],
  ])('counts for nothing when it %s', (_why, text) => {
    expect(parseTraceParent(text)).toBeUndefined()
  })
})

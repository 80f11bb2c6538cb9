import { describe, expect, it } from 'vitest'
import { verdictOf } from './audit.ts'

const report = (severities: Record<string, string>): string =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: Object.fromEntries(
      Object.entries(severities).map(([name, severity]) => [name, { name, severity }]),
    ),
  })

describe('the check for published vulnerabilities', () => {
  it('S-C2 fails on severe ones, which it names', () => {
    expect(verdictOf(report({ one: 'low', two: 'high', three: 'critical' }))).toEqual({
      kind: 'vulnerable',
      found: ['two: high', 'three: critical'],
    })
    expect(verdictOf(report({ one: 'moderate' }))).toEqual({ kind: 'clean', lesser: 1 })
    expect(verdictOf(report({}))).toEqual({ kind: 'clean', lesser: 0 })
  })

  it('takes nothing else for a clean report', () => {
    const refused = JSON.stringify({ message: '405 Method Not Allowed', method: 'POST' })
    expect(verdictOf(refused)).toEqual({ kind: 'not-asked', why: '405 Method Not Allowed' })
    expect(verdictOf(JSON.stringify({ error: { summary: 'no network' } })).kind).toBe('not-asked')
    for (const answer of ['', 'null', '{}', '<html>', '[]']) expect(verdictOf(answer).kind, answer).toBe('not-asked')
  })
})

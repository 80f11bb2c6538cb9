import { spawnSync } from 'node:child_process'

/*
 * Asks npm for published vulnerabilities of what an installation runs with: `npm run audit` fails on severe ones, and says so
 * when nobody could be asked.
 */

/** Severities that fail the check. */
const severe = new Set(['high', 'critical'])

export type Verdict =
  | { readonly kind: 'clean'; readonly lesser: number }
  | { readonly kind: 'vulnerable'; readonly found: readonly string[] }
  | { readonly kind: 'not-asked'; readonly why: string }

/** What the answer of `npm audit --json` means. */
export function verdictOf(answer: string): Verdict {
  const report = parse(answer)
  const { vulnerabilities, message, error }: Record<string, unknown> = Object(report)
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null) {
    const said = [message, Object(error).summary, answer.trim().slice(0, 200)]
    const why = said.find((text): text is string => typeof text === 'string' && text !== '')
    return { kind: 'not-asked', why: why ?? 'npm said nothing' }
  }
  const all = Object.entries(vulnerabilities).map(([name, about]) => ({
    name,
    severity: String(Object(about).severity),
  }))
  const found = all.filter(({ severity }) => severe.has(severity)).map(({ name, severity }) => `${name}: ${severity}`)
  return found.length > 0 ? { kind: 'vulnerable', found } : { kind: 'clean', lesser: all.length }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function say({ kind, ...verdict }: Verdict): string {
  if ('why' in verdict) return `audit: NOT DONE, the registry could not be asked for vulnerabilities: ${verdict.why}`
  if ('found' in verdict) return `audit: ${kind}\n${verdict.found.join('\n')}\nnpm audit --omit=dev tells more`
  return `audit: nothing severe is known${verdict.lesser > 0 ? `, ${verdict.lesser} lesser: npm audit --omit=dev` : ''}`
}

if (import.meta.main) {
  const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev', '--fetch-retries=0', '--fetch-timeout=20000'], {
    encoding: 'utf8',
    timeout: 60_000,
  })
  const verdict = verdictOf(stdout ?? '')
  process.stdout.write(`${say(verdict)}\n`)
  process.exitCode = verdict.kind === 'vulnerable' ? 1 : 0
}

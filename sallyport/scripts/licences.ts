import { readFileSync } from 'node:fs'
import satisfies from 'spdx-satisfies'

/* The licences of everything that npm brings, from the lock file: `npm run licences` fails when one is not allowed. */

/** What may be passed on together with a program under the MIT licence, and asks for no more than to be named. */
const allowed = [
  'MIT',
  'MIT-0',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Python-2.0',
  'CC0-1.0',
]

/** Packages that have another one, and why that is right. */
const exceptions: readonly { readonly packages: RegExp; readonly licences: readonly string[] }[] = [
  // libvips is a library of its own beside sharp, and can be exchanged.
  { packages: /^@img\/sharp-/, licences: ['LGPL-3.0-or-later'] },
  // For development alone: nothing of it is passed on.
  { packages: /^spdx-(?:exceptions|ranges)$/, licences: ['CC-BY-3.0'] },
  { packages: /^(?:axe-core|lightningcss(?:-.+)?)$/, licences: ['MPL-2.0'] },
]

/** Packages of before there was a field for it; their files say MIT. */
const withoutField = new Set(['passport-strategy', 'pause'])

/** What is wrong with the licences of the packages of a lock file, each with its name. */
export function licenceFaults(lock: unknown): string[] {
  const packages: Record<string, unknown> = Object(Object(lock).packages)
  return Object.entries(packages).flatMap(([path, entry]) => {
    const place = path.lastIndexOf('node_modules/')
    const { link = false, version, license }: Record<string, unknown> = Object(entry)
    // Workspaces are ours.
    if (place === -1 || link === true) return []
    const name = path.slice(place + 'node_modules/'.length)
    const fault = faultOf(name, license)
    return fault === undefined ? [] : [`${name}@${String(version)}: ${fault}`]
  })
}

function faultOf(name: string, licence: unknown): string | undefined {
  if (typeof licence !== 'string') return withoutField.has(name) ? undefined : 'says nothing of its licence'
  const more = exceptions.flatMap(({ packages, licences }) => (packages.test(name) ? licences : []))
  try {
    return satisfies(licence, [...allowed, ...more]) ? undefined : `${licence} is not allowed`
  } catch {
    return `${licence} is no licence that is known`
  }
}

if (import.meta.main) {
  const faults = licenceFaults(JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')))
  process.stdout.write(
    faults.length === 0 ? 'licences: all are allowed\n' : `licences: not allowed\n${faults.join('\n')}\n`,
  )
  process.exitCode = faults.length === 0 ? 0 : 1
}

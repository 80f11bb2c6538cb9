import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { licenceFaults } from './licences.ts'

const lockWith = (packages: Record<string, unknown>) => ({ packages: { '': { name: 'repository' }, ...packages } })

describe('the licences', () => {
  it('S-C2 of everything that npm brings are allowed', () => {
    const lock: unknown = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'))
    expect(licenceFaults(lock)).toEqual([])
  })

  it('that are not allowed, unknown or missing are told with the package', () => {
    const lock = lockWith({
      'node_modules/free': { version: '1.0.0', license: '(MIT OR GPL-3.0-only)' },
      'node_modules/free/node_modules/@deep/copyleft': { version: '2.0.0', license: 'GPL-3.0-only' },
      'node_modules/both': { version: '3.0.0', license: 'MIT AND AGPL-3.0-or-later' },
      'node_modules/odd': { version: '4.0.0', license: 'SEE LICENSE IN FILE' },
      'node_modules/silent': { version: '5.0.0' },
      'node_modules/axe-core': { version: '6.0.0', license: 'MPL-2.0' },
      'node_modules/not-axe-core': { version: '7.0.0', license: 'MPL-2.0' },
      'node_modules/@sallyport/own': { resolved: 'packages/own', link: true },
      'packages/own': { version: '0.1.0' },
    })
    expect(licenceFaults(lock)).toEqual([
      '@deep/copyleft@2.0.0: GPL-3.0-only is not allowed',
      'both@3.0.0: MIT AND AGPL-3.0-or-later is not allowed',
      'odd@4.0.0: SEE LICENSE IN FILE is no licence that is known',
      'silent@5.0.0: says nothing of its licence',
      'not-axe-core@7.0.0: MPL-2.0 is not allowed',
    ])
  })
})

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const page = readFileSync(join(root, 'docs/security-controls.md'), 'utf8')
const controls = Array.from({ length: 10 }, (_, index) => `S-C${index + 1}`)

/** The part of the page about a control. */
function partOf(control: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(`${control} `)) ?? ''
}

/** The checks that a text names: a file, and the title of a test in it. */
function checksIn(text: string): { path: string; title: string }[] {
  return [...text.matchAll(/\]\(\.\.\/([^)]+)\) “([^”]+)”/g)].map(([, path = '', title = '']) => ({ path, title }))
}

describe('the page about the proactive controls', () => {
  it.each(controls)('S-C1 says for %s where it is in the code, and names a check', (control) => {
    const part = partOf(control)
    expect(checksIn(part).length).toBeGreaterThan(0)
    expect(part).toMatch(/\]\(\.\.\/(?!e2e)[^)]+\/src\/|\]\(\.\.\/(?:package-lock\.json|contracts\/)/)
  })

  it('names only what there is', () => {
    for (const [, path = ''] of page.matchAll(/\]\(([^):#]+)[^)]*\)/g)) {
      expect(existsSync(join(root, 'docs', path)), path).toBe(true)
    }
    for (const { path, title } of checksIn(page)) {
      expect(readFileSync(join(root, path), 'utf8'), path).toContain(title)
    }
  })
})

describe('queries', () => {
  /** Where SQL is put together from texts: files of migrations, names of the installation's own, constants of the code. */
  const places = [
    'packages/database/src/migrations.ts',
    'packages/database/src/replicas/copy.ts',
    'packages/database/src/verification.ts',
    'platform/identity/src/along-queries.ts',
  ]

  it('S-C3 are built from strings nowhere but where nothing of a client can come', () => {
    const sources = globSync('{packages,platform,apps,sallyport}/**/src/**/*.ts', {
      cwd: root,
      exclude: ['**/node_modules'],
    })
    const found = sources.filter(
      (path) => !isForTests(path) && readFileSync(join(root, path), 'utf8').includes('sql.raw('),
    )
    expect(found.toSorted()).toEqual(places)
  })
})

function isForTests(path: string): boolean {
  return /\.test\.ts$|\/(?:test|testing|fixtures)\//.test(path)
}

import { createHash } from 'node:crypto'
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { FileContent } from '@sallyport/contracts'

const files: ReadonlyMap<string, { readonly url: string; readonly mediaType: string }> = new Map([
  ['swagger-ui.css', { url: import.meta.resolve('swagger-ui-dist/swagger-ui.css'), mediaType: 'text/css' }],
  [
    'swagger-ui-bundle.js',
    { url: import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'), mediaType: 'text/javascript' },
  ],
  ['page.css', { url: import.meta.resolve('./browser/page.css'), mediaType: 'text/css' }],
  ['page.js', { url: import.meta.resolve('./browser/page.js'), mediaType: 'text/javascript' }],
])

export interface PageFiles {
  /** Stands in their addresses: others than before have another one, so they may be kept for ever. */
  readonly version: string
  /** @returns undefined when there is none of this name in this version */
  open(version: string, name: string): FileContent | undefined
}

/** What the pages are made of, looked at once. Nothing of it is kept in memory. */
export function readPageFiles(): PageFiles {
  const hash = createHash('sha256')
  for (const { url } of files.values()) hash.update(readFileSync(fileURLToPath(url)))
  const own = hash.digest('base64url').slice(0, 16)
  return {
    version: own,
    open(version, name) {
      const file = version === own ? files.get(name) : undefined
      if (!file) return undefined
      const path = fileURLToPath(file.url)
      return {
        mediaType: `${file.mediaType}; charset=utf-8`,
        size: statSync(path).size,
        content: createReadStream(path),
      }
    },
  }
}

import { LRUCache } from 'lru-cache'
import type { PictureFiles, StoredFile } from './picture-files.ts'

/** So much of the files that are asked for most is kept in memory. */
const mostBytes = 32 * 1024 * 1024

/** The same files, of which the smaller ones are not read again each time: what a name stands for never changes. */
export function rememberingFiles(files: PictureFiles): PictureFiles {
  const remembered = new LRUCache<string, StoredFile & { readonly content: Uint8Array }>({
    maxSize: mostBytes,
    sizeCalculation: ({ size }) => Math.max(1, size),
  })
  return {
    ...files,
    async read(name) {
      const known = remembered.get(name)
      if (known) return known
      const file = await files.read(name)
      if (file?.content instanceof Uint8Array) remembered.set(name, { size: file.size, content: file.content })
      return file
    },
    async remove(name) {
      remembered.delete(name)
      await files.remove(name)
    },
  }
}

import { type FileHandle, open } from 'node:fs/promises'
import type { ImportRefusal } from '@sallyport/identity/transfer'

/** Why lines were refused: all of it in a file, the beginning for the terminal. */
export interface Report {
  readonly first: readonly ImportRefusal[]
  add(refusals: readonly ImportRefusal[]): Promise<void>
  close(): Promise<void>
}

/** So many are told on the terminal. */
const mostShown = 20

export async function openReport(path: string | undefined): Promise<Report> {
  const file: FileHandle | undefined = path === undefined ? undefined : await open(path, 'w')
  const first: ImportRefusal[] = []
  return {
    first,
    async add(refusals) {
      first.push(...refusals.slice(0, mostShown - first.length))
      if (refusals.length > 0) await file?.write(refusals.map((refusal) => `${JSON.stringify(refusal)}\n`).join(''))
    },
    close: async () => file?.close(),
  }
}

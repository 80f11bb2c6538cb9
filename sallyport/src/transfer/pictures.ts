import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { ImportedPicture } from '@sallyport/pictures/administration'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { readLines } from './lines.ts'

/** A picture to be imported, or why it cannot be read. */
export interface PictureEntry {
  /** What the operator finds it by. */
  readonly name: string
  /** @throws {UnreadablePicture} */
  read(): Promise<ImportedPicture>
}

export class UnreadablePicture extends Error {
  override name = 'UnreadablePicture'
}

const Line = Compile(
  Type.Object({
    file: Type.String({ minLength: 1 }),
    title: Type.String(),
    explanation: Type.String(),
    date: Type.String(),
    copyright: Type.Optional(Type.String()),
  }),
)

const endings = new Set(['.jpg', '.jpeg', '.png', '.webp'])

/** The pictures of a folder, called as their files are; or those that the lines of an NDJSON file describe. */
export async function listPictures(source: string, today: string, limitBytes: number): Promise<PictureEntry[]> {
  if ((await stat(source)).isDirectory()) {
    const names = (await readdir(source)).filter((name) => endings.has(extname(name).toLowerCase())).toSorted()
    return names.map((name) => ({
      name,
      read: async () => ({
        title: basename(name, extname(name)).replaceAll(/[_-]+/g, ' '),
        explanation: `Imported from the file ${name}.`,
        date: today,
        bytes: await readBounded(join(source, name), limitBytes),
      }),
    }))
  }
  const entries: PictureEntry[] = []
  for await (const read of readLines(createReadStream(source))) {
    entries.push({
      name: `line ${read.line}`,
      read: async () => {
        if ('malformed' in read) throw new UnreadablePicture(read.malformed)
        const { file, ...said } = parseLine(read.text)
        // Where a line says the file is, counts from where the lines are.
        return { ...said, bytes: await readBounded(resolve(dirname(source), file), limitBytes) }
      },
    })
  }
  return entries
}

function parseLine(text: string) {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new UnreadablePicture('is not JSON')
  }
  if (!Line.Check(parsed)) throw new UnreadablePicture('must have file, title, explanation and date')
  return parsed
}

async function readBounded(path: string, limitBytes: number): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) throw new UnreadablePicture('file: is not there')
  if (found.size > limitBytes) throw new UnreadablePicture(`file: has more than ${limitBytes} bytes`)
  return readFile(path)
}

import { readFile } from 'node:fs/promises'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'

/** A picture that comes with the program. */
export interface StarterPicture {
  readonly file: string
  readonly title: string
  readonly explanation: string
  readonly date: string
  readonly bytes: Buffer
}

/** Where the starter set is: `draw.ts` makes it. */
export const starterSetFolder = new URL('../../starter-set/', import.meta.url)

/** The numbers of the skies in it, and of the first that is not. */
export const starterSeeds = { first: 1, end: 13 }

export const StarterSet = Type.Array(
  Type.Object({
    file: Type.String({ pattern: '^[a-z0-9-]+\\.webp$' }),
    title: Type.String(),
    explanation: Type.String(),
    date: Type.String(),
  }),
)
const starterSet = Compile(StarterSet)

export async function readStarterSet(): Promise<StarterPicture[]> {
  const entries = starterSet.Parse(JSON.parse(await readFile(new URL('pictures.json', starterSetFolder), 'utf8')))
  return Promise.all(
    entries.map(async ({ file, title, explanation, date }) => ({
      file,
      title,
      explanation,
      date,
      bytes: await readFile(new URL(file, starterSetFolder)),
    })),
  )
}

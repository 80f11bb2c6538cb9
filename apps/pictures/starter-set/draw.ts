// Draws the pictures of the starter set into this folder. See README.md.
import { writeFile } from 'node:fs/promises'
import { drawSky } from '../src/drawing/drawing.ts'
import { starterSeeds, starterSetFolder } from '../src/starter-set/starter-set.ts'

const entries = []
for (let seed = starterSeeds.first; seed < starterSeeds.end; seed += 1) {
  const { title, explanation, webp } = await drawSky(seed)
  const file = `sky-${String(seed).padStart(2, '0')}.webp`
  await writeFile(new URL(file, starterSetFolder), webp)
  entries.push({ file, title, explanation, date: `2026-11-${String(seed).padStart(2, '0')}` })
}
await writeFile(new URL('pictures.json', starterSetFolder), `${JSON.stringify(entries, undefined, 2)}\n`)

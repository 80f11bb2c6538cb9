// Draws the pictures of the stock catalogue into this folder. See README.md.
import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { pictureOf, stock } from '../src/catalogue/stock.ts'
import { drawEmblem, emblemSize } from './emblem.ts'

for (const { name, rarity } of stock) {
  // Drawn at four times the size first: the edges of small shapes come out smoother.
  const picture = await sharp(Buffer.from(drawEmblem(name, rarity)), { density: 288 })
    .resize(emblemSize, emblemSize, { kernel: 'lanczos3' })
    .png({ palette: true, colours: 16, dither: 0, effort: 10, compressionLevel: 9 })
    .toBuffer()
  await writeFile(pictureOf(name), picture)
}

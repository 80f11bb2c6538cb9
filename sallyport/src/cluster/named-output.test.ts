import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { passOn } from './named-output.ts'

async function passedOn(chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const output = new PassThrough()
  const lines: string[] = []
  passOn(output, 'gacha.2', (line) => lines.push(line))
  const ended = once(output, 'end')
  for (const chunk of chunks) output.write(chunk)
  output.end()
  await ended
  return lines
}

it('E-2 puts the name before every line, however they arrive', async () => {
  expect(await passedOn(['on', 'e\ntwo\nth', 'ree\n', '\n'])).toEqual([
    'gacha.2 | one',
    'gacha.2 | two',
    'gacha.2 | three',
    'gacha.2 | ',
  ])
})

it('shows what a process wrote last though the line has no end', async () => {
  expect(await passedOn(['one\nfatal'])).toEqual(['gacha.2 | one', 'gacha.2 | fatal'])
  expect(await passedOn([])).toEqual([])
})

it('keeps a character together that arrives in two pieces', async () => {
  const bytes = Buffer.from('ä\n')
  expect(await passedOn([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual(['gacha.2 | ä'])
})

it('shows a line without end in pieces, and keeps no more than one of them', async () => {
  const piece = 'x'.repeat(10_000)
  expect(await passedOn([piece, piece, 'y\n'])).toEqual([`gacha.2 | ${piece}${piece}`, 'gacha.2 | y'])
})

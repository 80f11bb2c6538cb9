import { describe, expect, it } from 'vitest'
import { type BegunPart, writeBundle } from './export-bundle.ts'
import type { DataPage } from './export-sources.ts'

const head = { format: 'sallyport-personal-data/1', account: 'ada', exported_at: '2026-06-01T12:00:00.000Z' } as const

/** A part of these pages. */
function partOf(name: string, ...pages: DataPage['sections'][]): BegunPart {
  const pageAt = (index: number): DataPage => ({
    sections: pages[index] ?? {},
    next: index + 1 < pages.length ? String(index + 1) : null,
  })
  return { part: name, first: pageAt(0), next: async (after) => pageAt(Number(after)) }
}

async function written(...parts: BegunPart[]): Promise<string> {
  return (await Array.fromAsync(writeBundle(head, parts))).join('')
}

describe('a bundle', () => {
  it('is JSON that has every section of every part once, whatever pages it came in', async () => {
    const text = await written(
      partOf(
        'wallet',
        { balance: { tux: 1 }, none: null, empty: [], entries: [{ id: 1 }] },
        { entries: [] },
        { entries: [{ id: 2 }] },
      ),
      partOf('pictures', { uploads: [] }, { uploads: [{ title: '</script>"\n' }], likes: [] }),
      { part: 'enrollment', first: undefined, next: () => Promise.reject(new TypeError()) },
    )
    expect(JSON.parse(text)).toEqual({
      ...head,
      wallet: { balance: { tux: 1 }, none: null, empty: [], entries: [{ id: 1 }, { id: 2 }] },
      pictures: { uploads: [{ title: '</script>"\n' }], likes: [] },
      enrollment: null,
      complete: true,
    })
  })

  it('has a record on each line', async () => {
    const lines = (await written(partOf('wallet', { entries: [{ id: 1 }, { id: 2 }] }))).split('\n')
    expect(lines).toContain('{"id":1},')
    expect(lines).toContain('{"id":2}]')
  })

  it('is no JSON where it breaks off, so that nobody takes it for the whole', async () => {
    const pieces: string[] = []
    const broken = { ...partOf('wallet', { entries: [] }, {}), next: () => Promise.reject(new Error('gone')) }
    const writing = async (): Promise<void> => {
      for await (const piece of writeBundle(head, [partOf('gacha', { rolls: [] }), broken])) pieces.push(piece)
    }
    await expect(writing()).rejects.toThrow('gone')
    expect(() => JSON.parse(pieces.join(''))).toThrow(SyntaxError)
  })

  it('refuses a section that comes back after another', async () => {
    const confused = partOf('wallet', { entries: [] }, { holds: [] }, { entries: [] })
    await expect(written(confused)).rejects.toThrow('the section entries comes twice')
  })

  it('tells how far it is', async () => {
    const told: [string, number][] = []
    const parts = [
      partOf('wallet', { balance: {}, entries: [{}, {}] }, { entries: [{}] }),
      partOf('gacha', { rolls: [] }),
    ]
    for await (const piece of writeBundle(head, parts, (part, count) => void told.push([part, count])))
      expect(piece).not.toBe('')
    expect(told).toEqual([
      ['wallet', 3],
      ['wallet', 1],
      ['gacha', 0],
    ])
  })
})

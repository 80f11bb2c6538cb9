import { personalDataPageSize } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { UnknownPage } from '../paging.ts'
import { numberIn, pieceOf, readPersonalDataPage, type SectionPlace, type SectionReaders } from './export-pages.ts'

interface Data {
  membership?: { since: string } | null
  letters?: string[]
  numbers?: number[]
}

/** Somebody who has so many letters and numbers. */
function somebodyWith(letters: number, numbers: number): SectionReaders<Data> {
  const listUpTo = (count: number, place: SectionPlace) => {
    const start = Number(numberIn(place) ?? 0n)
    const rows = Array.from({ length: count - start }, (_, index) => start + index + 1).slice(0, place.limit + 1)
    return pieceOf(rows, place, (row) => row)
  }
  return {
    membership: async () => ({ sections: { membership: null } }),
    letters: async (place) => {
      const { rows, next } = listUpTo(letters, place)
      return { sections: { letters: rows.map((row) => `letter ${row}`) }, next }
    },
    numbers: async (place) => {
      const { rows, next } = listUpTo(numbers, place)
      return { sections: { numbers: [...rows] }, next }
    },
  }
}

async function readAll(readers: SectionReaders<Data>) {
  const pages = [await readPersonalDataPage(readers)]
  for (let next = pages[0]?.next; typeof next === 'string'; next = pages.at(-1)?.next) {
    pages.push(await readPersonalDataPage(readers, { after: next }))
  }
  return pages
}

describe('what a service holds of somebody', () => {
  it('is one page when it is little, and says of every section what there is', async () => {
    expect(await readAll(somebodyWith(1, 0))).toEqual([
      { sections: { membership: null, letters: ['letter 1'], numbers: [] }, next: null },
    ])
  })

  it.each([
    [personalDataPageSize - 2, 1],
    [personalDataPageSize - 1, 1],
    [personalDataPageSize, 1],
    [personalDataPageSize + 1, personalDataPageSize],
    [3 * personalDataPageSize, 2 * personalDataPageSize + 1],
  ])('comes whole, once and in order with %i letters and %i numbers, no page larger than it may be', async (a, b) => {
    const pages = await readAll(somebodyWith(a, b))
    const [letters, numbers] = [
      pages.flatMap(({ sections }) => sections.letters ?? []),
      pages.flatMap(({ sections }) => sections.numbers ?? []),
    ]
    expect(letters).toEqual(Array.from({ length: a }, (_, index) => `letter ${index + 1}`))
    expect(numbers).toEqual(Array.from({ length: b }, (_, index) => index + 1))
    for (const { sections } of pages) {
      expect((sections.letters ?? []).length + (sections.numbers ?? []).length).toBeLessThanOrEqual(
        personalDataPageSize,
      )
    }
  })

  it('comes in smaller pages where these are asked for', async () => {
    const page = await readPersonalDataPage(somebodyWith(5, 1), { after: 'letters.1', limit: 2 })
    expect(page).toEqual({ sections: { letters: ['letter 2', 'letter 3'] }, next: 'letters.3' })
  })

  it.each(['', 'nothing.', 'letters.x', 'letters.-1', '.1', 'constructor.'])('has no page %j', async (after) => {
    await expect(readPersonalDataPage(somebodyWith(1, 1), { after })).rejects.toThrow(UnknownPage)
  })
})

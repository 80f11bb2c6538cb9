import type { DataPage } from './export-sources.ts'

/** One part of a bundle, of which the first page was read. */
export interface BegunPart {
  readonly part: string
  /** Undefined where nothing is known, and never was. */
  readonly first: DataPage | undefined
  next(after: string): Promise<DataPage>
}

/** What a bundle says of itself. */
export interface BundleHead {
  readonly format: 'sallyport-personal-data/1'
  readonly account: string
  readonly exported_at: string
}

/**
 * Writes a bundle as JSON, a record on each line, in pieces of a page: no more of it than that is ever in memory. `onRecords`
 * is told how many records of a part were written with each piece.
 */
export async function* writeBundle(
  head: BundleHead,
  parts: readonly BegunPart[],
  onRecords: (part: string, count: number) => void = () => undefined,
): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},\n`
  for (const begun of parts) {
    const { part, first } = begun
    if (!first) {
      yield `${JSON.stringify(part)}:null,\n`
      continue
    }
    const sections = createSectionWriter()
    let page = first
    let text = `${JSON.stringify(part)}:{\n`
    for (;;) {
      const { written, count } = sections.write(page)
      onRecords(part, count)
      yield text + written
      text = ''
      if (page.next === null) break
      page = await begun.next(page.next)
    }
    yield `${sections.end()}},\n`
  }
  yield '"complete":true}\n'
}

/** Puts the sections of pages one behind the other; a list that goes on in the next page stays open. */
function createSectionWriter() {
  const begun = new Set<string>()
  let open: { readonly name: string; isEmpty: boolean } | undefined

  function begin(name: string): string {
    if (begun.has(name)) throw new TypeError(`the section ${name} comes twice`)
    const comma = begun.size === 0 ? '' : ',\n'
    begun.add(name)
    return `${end()}${comma}${JSON.stringify(name)}:`
  }

  function end(): string {
    const closed = open === undefined ? '' : ']'
    open = undefined
    return closed
  }

  return {
    write({ sections }: DataPage): { readonly written: string; readonly count: number } {
      let written = ''
      let count = 0
      for (const [name, content] of Object.entries(sections)) {
        if (!Array.isArray(content)) {
          written += begin(name) + JSON.stringify(content)
          count += content === null ? 0 : 1
          continue
        }
        if (open?.name !== name) {
          written += `${begin(name)}[`
          open = { name, isEmpty: true }
        }
        for (const record of content) {
          written += `${open.isEmpty ? '\n' : ',\n'}${JSON.stringify(record)}`
          open.isEmpty = false
        }
        count += content.length
      }
      return { written, count }
    },
    end: () => `${end()}\n`,
  }
}

import { type ExportedAccount, type ImportLine, recordFields } from '@sallyport/identity/transfer'
import { CsvError, parse } from 'csv-parse/sync'
import type { Format } from './format.ts'
import type { TextLine } from './lines.ts'

/** The first line of a CSV file does not say what its columns are. */
export class UnusableHeader extends Error {
  override name = 'UnusableHeader'
}

/** What the lines say. @throws {UnusableHeader} */
export function decode(lines: AsyncIterable<TextLine>, format: Format): AsyncIterable<ImportLine> {
  return format === 'csv' ? decodeCsv(lines) : decodeJson(lines)
}

async function* decodeJson(lines: AsyncIterable<TextLine>): AsyncGenerator<ImportLine> {
  for await (const read of lines) {
    if ('malformed' in read) yield read
    else yield { line: read.line, ...parseJson(read.text) }
  }
}

function parseJson(text: string): { content: unknown } | { malformed: string } {
  try {
    return { content: JSON.parse(text) }
  } catch {
    // The parser's own words quote the line.
    return { malformed: 'is not JSON' }
  }
}

/** Each row is a line: a quote that is not closed spoils its own line alone. */
async function* decodeCsv(lines: AsyncIterable<TextLine>): AsyncGenerator<ImportLine> {
  let columns: readonly string[] | undefined
  for await (const read of lines) {
    if ('malformed' in read) {
      if (!columns) throw new UnusableHeader(`the first line ${read.malformed}`)
      yield read
      continue
    }
    const cells = parseRow(read.text)
    if (columns === undefined) columns = checkHeader(cells)
    else if (!cells) yield { line: read.line, malformed: 'is not CSV' }
    else if (cells.length !== columns.length)
      yield { line: read.line, malformed: `has ${cells.length} cells, and the first line ${columns.length}` }
    else yield { line: read.line, content: toContent(columns, cells) }
  }
}

function parseRow(text: string): readonly string[] | undefined {
  try {
    const rows: readonly string[][] = parse(text)
    return rows[0]
  } catch (error) {
    if (error instanceof CsvError) return undefined
    throw error
  }
}

function checkHeader(columns: readonly string[] | undefined): readonly string[] {
  const known: readonly string[] = recordFields
  const unknown = columns?.find((name) => !known.includes(name))
  if (!columns) throw new UnusableHeader('the first line is not CSV; it must name the columns')
  if (unknown !== undefined)
    throw new UnusableHeader(
      `there is no field ${JSON.stringify(unknown.slice(0, 50))}; the first line names the columns`,
    )
  if (new Set(columns).size < columns.length) throw new UnusableHeader('the first line names a column twice')
  return columns
}

/** A cell says what a member of the JSON object says; an empty one says nothing. */
function toContent(columns: readonly string[], cells: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    columns.flatMap((name, index) => {
      const cell = cells[index] ?? ''
      return cell === '' ? [] : [[name, valueOf(name, cell)]]
    }),
  )
}

const flags: ReadonlySet<string> = new Set(['validated', 'email_verified', 'suspended', 'deleted'])

function valueOf(name: string, cell: string): unknown {
  if (name === 'roles') return cell.split(cell.includes('|') ? '|' : /\s+/).filter((role) => role !== '')
  if (flags.has(name) && /^(?:true|false)$/i.test(cell)) return cell.toLowerCase() === 'true'
  return cell
}

/** The lines that say what these accounts are, each with its end. */
export async function* encode(accounts: AsyncIterable<ExportedAccount>, format: Format): AsyncGenerator<string> {
  if (format === 'ndjson') {
    for await (const account of accounts) yield `${JSON.stringify(account)}\n`
    return
  }
  // Passwords are not known, and what was said by a flag is said by its moment.
  const without: ReadonlySet<string> = new Set(['password', 'validated', 'deleted', 'validation_string'])
  const columns = recordFields.filter((name) => !without.has(name))
  yield `${columns.join(',')}\n`
  for await (const account of accounts) yield `${columns.map((name) => toCell(Reflect.get(account, name))).join(',')}\n`
}

function toCell(value: unknown): string {
  // The line at the end tells a name with a space from two names, and no roles from those one has without saying so.
  const text = Array.isArray(value) ? `${value.join('|')}|` : typeof value === 'string' ? value : ''
  return /[",\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

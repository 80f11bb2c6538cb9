import type { DataPage, SectionContent } from '../privacy/export-sources.ts'
import { escapeHtml } from '../surfaces/pages.ts'
import type { Words } from '../words/words.ts'

/** The sections of a page of somebody's data, to be read: HTML in which everything that comes from outside is text. */
export function sectionsHtml({ sections }: DataPage, words: Words): string {
  return Object.entries(sections)
    .map(
      ([name, content]) =>
        `<h2>${escapeHtml(nameOf(words.account.data.sections, name))}</h2>\n${contentHtml(content, words)}`,
    )
    .join('\n')
}

function contentHtml(content: SectionContent, words: Words): string {
  const records = toRecords(content)
  if (records.length === 0) return `<p>${words.account.data.nothing}</p>`
  const items = records.map((record) => `<li><dl>${recordHtml(record, words)}</dl></li>`)
  return `<ul class="cards">\n${items.join('\n')}\n</ul>`
}

function toRecords(content: SectionContent): readonly object[] {
  if (content === null) return []
  return isList(content) ? content : [content]
}

function isList(content: readonly object[] | object): content is readonly object[] {
  return Array.isArray(content)
}

/** What a record says, field by field; what it does not say is left out. */
function recordHtml(record: object, words: Words): string {
  return Object.entries(record)
    .flatMap(([name, value]: [string, unknown]) => {
      const text = textOf(name, value, words)
      return text === ''
        ? []
        : [`<dt>${escapeHtml(nameOf(words.account.data.fields, name))}</dt><dd>${escapeHtml(text)}</dd>`]
    })
    .join('\n')
}

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

function textOf(name: string, value: unknown, words: Words): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'boolean') return value ? words.account.data.yes : words.account.data.no
  if (name === 'ends_at' && typeof value === 'number') return momentOf(new Date(value * 1000), words) ?? String(value)
  if (typeof value === 'number')
    return new Intl.NumberFormat(words.language, { maximumFractionDigits: 6 }).format(value)
  if (typeof value === 'string') return isoTime.test(value) ? (momentOf(new Date(value), words) ?? value) : value
  if (Array.isArray(value)) return value.map(String).join(', ')
  return Object.entries(value)
    .map(([key, one]) => `${key}: ${String(one)}`)
    .join(', ')
}

/** Undefined for a time that no calendar has. */
function momentOf(time: Date, { language }: Words): string | undefined {
  if (Number.isNaN(time.getTime())) return undefined
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })
  return `${format.format(time)} UTC`
}

/** What something is called; by its own name where there are no words for it. */
function nameOf(names: Readonly<Record<string, string>>, name: string): string {
  return (Object.hasOwn(names, name) && names[name]) || name
}

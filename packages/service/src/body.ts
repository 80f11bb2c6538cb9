import { isUtf8 } from 'node:buffer'
import { hasFile, isUploadedFile, type Route, type UploadedFile } from '@sallyport/contracts'
import type { TObject } from 'typebox'
import { parseMultipart } from './multipart.ts'

/** The body is not JSON although it says so. */
export class MalformedJson extends Error {
  override name = 'MalformedJson'
}

/**
 * Parses a body as its route wants it: a form, JSON, or not at all. What has another media type than the route takes
 * stays unread, and the field validation says so (market §2).
 *
 * @throws {MalformedJson}
 */
export async function parseBody(route: Route, contentType: string | undefined, body: Buffer): Promise<unknown> {
  if (route.form) return hasFile(route.form) ? parseUpload(route.form, contentType, body) : parseForm(contentType, body)
  if (!route.body) return undefined
  if (body.length === 0) return undefined
  if (!isJson(contentType)) return body.toString()
  return parseJson(body)
}

/**
 * Parses a body as JSON, whatever it says it is.
 *
 * @throws {MalformedJson}
 */
export function parseJson(body: Buffer): unknown {
  // Otherwise all bytes that are no text would be one character, and passwords that differ there the same one.
  if (!isUtf8(body)) throw new MalformedJson('Expecting UTF-8')
  try {
    return JSON.parse(body.toString())
  } catch (error) {
    throw new MalformedJson(error instanceof SyntaxError ? explain(error) : 'Expecting value', { cause: error })
  }
}

/** A missing type counts as JSON (market §2). */
export function isJson(contentType: string | undefined): boolean {
  const type = mediaTypeOf(contentType)
  return type === undefined || type === 'application/json' || /^application\/.+\+json$/.test(type)
}

function mediaTypeOf(contentType: string | undefined): string | undefined {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() || undefined
}

/** The parser's message quotes the body, which may hold a password: only the first words of it are kept. */
function explain(error: SyntaxError): string {
  return /^[A-Z][a-z]+(?: [a-z]+)*/.exec(error.message)?.[0] ?? 'Expecting value'
}

/** The text fields of a form. Empty fields count as absent, of repeated ones the last counts, files are left out. */
async function parseForm(contentType: string | undefined, body: Buffer): Promise<Record<string, string>> {
  const type = mediaTypeOf(contentType)
  if (type === 'application/x-www-form-urlencoded') return fieldsOf(new URLSearchParams(body.toString()))
  if (contentType === undefined || type !== 'multipart/form-data') return {}
  // A form that cannot be read has no fields, and the field validation says which are missing.
  return fieldsOf((await parseMultipart(contentType, body))?.texts ?? [])
}

/** The fields of a form with files, as above; only files that the form declares are kept. Undefined when it is no such form. */
async function parseUpload(
  { properties }: TObject,
  contentType: string | undefined,
  body: Buffer,
): Promise<Record<string, string | UploadedFile> | undefined> {
  if (contentType === undefined || mediaTypeOf(contentType) !== 'multipart/form-data') return undefined
  const form = await parseMultipart(contentType, body)
  if (!form) return undefined
  const fields: Record<string, string | UploadedFile> = fieldsOf(form.texts)
  for (const [name, property] of Object.entries(properties)) {
    if (!isUploadedFile(property)) continue
    const file = form.files.get(name)
    if (file && !isNotChosen(file)) fields[name] = file
    // Text in the place of a file is no file.
    else delete fields[name]
  }
  return fields
}

/** What a browser sends where nobody has chosen a file (HTML §4.10.22.4). */
function isNotChosen({ name, bytes }: UploadedFile): boolean {
  return name === '' && bytes.length === 0
}

function fieldsOf(form: Iterable<readonly [string, string]>): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const [name, value] of form) if (value !== '') fields[name] = value
  return fields
}
